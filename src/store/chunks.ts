/**
 * Large bytes in chunks: while chunk n is hashed, chunk n is also being written and chunk n+1 read, so that the slowest of
 * the three sets the pace. Two buffers suffice, whatever the size.
 */
import { createHash } from "node:crypto"
import { readFileSync, write as writeWithCallback } from "node:fs"
import { type FileHandle, open, stat } from "node:fs/promises"
import { type Digest, sha256 } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import type { BlobRef } from "../values/value.ts"
import { codeOf } from "./disk-problem.ts"

// Not imported: evaluating all of node:util takes milliseconds of every start (`cli/parse.ts`).
const { promisify } = process.getBuiltinModule("node:util")

/** Large enough that a chunk's fixed costs vanish, small enough to stay in the processor's cache while it is hashed. */
export const chunkBytes = 1 << 20

export interface Chunks {
  /** At the time of opening. */
  readonly sizeBytes: number
  /** The next chunk, `undefined` at the end. Its memory is used again by the next call but one. */
  readonly next: () => Promise<Uint8Array | undefined>
  readonly close: () => Promise<void>
}

export const chunksOfBytes = (bytes: Uint8Array): Chunks => {
  let at = 0
  return {
    sizeBytes: bytes.byteLength,
    next: () => {
      const chunk = bytes.subarray(at, at + chunkBytes)
      at += chunk.byteLength
      return Promise.resolve(chunk.byteLength === 0 ? undefined : chunk)
    },
    close: () => Promise.resolve()
  }
}

/**
 * @throws UserError when there is no such file, or it may not be read
 */
export const openChunks = async (path: string): Promise<Chunks> => {
  try {
    // Asked before opening: to open a pipe would wait for its other end.
    const stats = await stat(path)
    if (!stats.isFile()) throw new UserError(`${path} is not a file`, { exitCode: 1 })
    const chunks = chunksOfFile(await open(path), stats.size)
    const next = () =>
      chunks.next().catch((error: unknown) => {
        throw unreadable(error, path)
      })
    return { ...chunks, next }
  } catch (error) {
    throw unreadable(error, path)
  }
}

const chunksOfFile = (file: FileHandle, sizeBytes: number): Chunks => {
  const length = Math.min(chunkBytes, Math.max(sizeBytes + 1, 1))
  const buffers = [new Uint8Array(length), new Uint8Array(sizeBytes < length ? 1 : length)]
  let turn = 0
  return {
    sizeBytes,
    next: async () => {
      const buffer = buffers[turn++ % 2]!
      const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, null)
      return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead)
    },
    close: () => file.close()
  }
}

const unreadable = (error: unknown, path: string): unknown => {
  const sentence = {
    ENOENT: "does not exist",
    ENOTDIR: "does not exist",
    EACCES: "may not be read",
    EIO: "cannot be read: the disk failed"
  }[codeOf(error) ?? ""]
  return sentence === undefined
    ? error
    : new UserError(`${path} ${sentence}`, { exitCode: 1, cause: error })
}

const writeSome = promisify(writeWithCallback) as (
  file: number,
  bytes: Uint8Array,
  offset: number
) => Promise<{ bytesWritten: number }>

const writeChunk = async (file: number, chunk: Uint8Array): Promise<void> => {
  for (let done = 0; done < chunk.byteLength;) {
    done += (await writeSome(file, chunk, done)).bytesWritten
  }
}

/** Hashes the chunks and writes them to an open file. */
export const writeHashed = async (chunks: Chunks, file: number): Promise<BlobRef> => {
  const hash = createHash("sha256")
  let sizeBytes = 0
  let chunk = await chunks.next()
  while (chunk !== undefined) {
    const written = writeChunk(file, chunk)
    const coming = chunks.next()
    // Both are waited for even if one fails: the caller closes the files then, and neither may still be in use.
    const both = Promise.allSettled([written, coming])
    hash.update(chunk)
    sizeBytes += chunk.byteLength
    await both
    await written
    chunk = await coming
  }
  return { digest: hash.digest("hex") as Digest, sizeBytes }
}

/**
 * The digest of a file. Small ones are read in one go, which is the quickest for the many small blobs of a store.
 *
 * Fails with the system's own error when the file cannot be read.
 */
export const hashFile = async (path: string, sizeBytes: number): Promise<Digest> => {
  if (sizeBytes <= chunkBytes) return sha256(readFileSync(path))
  const chunks = chunksOfFile(await open(path), sizeBytes)
  try {
    const hash = createHash("sha256")
    let chunk = await chunks.next()
    while (chunk !== undefined) {
      const coming = chunks.next()
      hash.update(chunk)
      chunk = await coming
    }
    return hash.digest("hex") as Digest
  } finally {
    await chunks.close()
  }
}
