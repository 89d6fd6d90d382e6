/** Content addresses: SHA-256, in lower-case hexadecimal. */
import { createHash } from "node:crypto"

/** A SHA-256 as 64 lower-case hexadecimal characters. */
export type Digest = string & { readonly Digest: unique symbol }

const hexadecimal = /^[0-9a-f]{64}$/

export const isDigest = (text: string): text is Digest => hexadecimal.test(text)

/** The SHA-256 of the bytes themselves, as `sha256sum` prints it: the address of a blob. */
export const sha256 = (bytes: string | Uint8Array): Digest =>
  createHash("sha256").update(bytes).digest("hex") as Digest

/** The address of a record: `kind` keeps records of different kinds apart; lengths keep `["ab", "c"]` and `["a", "bc"]` apart. */
export const digestOf = (kind: string, parts: ReadonlyArray<string | Uint8Array>): Digest => {
  const hash = createHash("sha256")
  for (const part of [kind, ...parts]) {
    const bytes = typeof part === "string" ? Buffer.from(part, "utf8") : part
    hash.update(`${bytes.byteLength}:`).update(bytes)
  }
  return hash.digest("hex") as Digest
}
