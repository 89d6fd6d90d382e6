import { createHash } from "node:crypto"
import { UserError } from "../base/user-error.ts"
import { type NamedBytes, withoutGzip } from "./idx.ts"
import type { KnownFile } from "./known-files.ts"

/** A file without its compression, or in what it is not the one that is known. */
export type Content = { readonly bytes: Uint8Array } | { readonly problem: string }

export const hashNames = { sha256: "SHA-256", md5: "MD5" } as const

/** Whether a file, plain or compressed, has the known content. */
export const checkContent = (file: NamedBytes, known: KnownFile): Content => {
  let bytes
  try {
    bytes = withoutGzip(file)
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { problem: "it is a gzip file that is cut off or damaged" }
  }
  const { algorithm, hex } = known.hash
  const found = createHash(algorithm).update(bytes).digest("hex")
  if (found === hex) return { bytes }
  const size =
    bytes.byteLength === known.sizeBytes
      ? ""
      : `, and ${bytes.byteLength} bytes where ${known.sizeBytes} should be`
  return { problem: `its content has the ${hashNames[algorithm]} ${found}${size}` }
}
