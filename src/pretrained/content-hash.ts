/** Hashes of files too large for memory. */
import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"

export interface ContentHash {
  /** `git-sha1` is that of Git's blobs, by which the hub knows its small files. */
  readonly algorithm: "sha256" | "git-sha1"
  /** Lower case. */
  readonly hex: string
}

export const hashNames = { sha256: "SHA-256", "git-sha1": "Git SHA-1" } as const

/**
 * @param onBytes is told how many more bytes have been read
 * @throws what the disk says when the file cannot be read; the signal's reason when it is aborted
 */
export const hashFile = async (
  path: string,
  algorithm: ContentHash["algorithm"],
  {
    onBytes,
    signal
  }: { readonly onBytes?: (count: number) => void; readonly signal?: AbortSignal } = {}
): Promise<string> => {
  const hash = createHash(algorithm === "sha256" ? "sha256" : "sha1")
  if (algorithm === "git-sha1") hash.update(`blob ${(await stat(path)).size}\0`)
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    signal?.throwIfAborted()
    hash.update(chunk as Buffer)
    onBytes?.((chunk as Buffer).byteLength)
  }
  return hash.digest("hex")
}
