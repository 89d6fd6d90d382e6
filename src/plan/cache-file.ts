/**
 * Files under the store's `cache/`: what took long to find out, together with what it was found out from.
 *
 * Nothing depends on them. One that is damaged, unreadable or of another version counts as absent.
 */
import { hash } from "node:crypto"
import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../base/user-error.ts"
import { writeFileAtomic } from "../store/atomic-file.ts"
import { openLayout } from "../store/layout.ts"

export interface CacheFile {
  /** Read first: what the body depends on. */
  readonly head: unknown
  /** JSON text. */
  readonly body: string
}

export const cacheFolder = (storeRoot: string, kind: string): string =>
  join(storeRoot, "cache", kind)

const newline = 0x0a

/** Marks the file as used, for `writeCacheFile` to keep those that are. */
export const readCacheFile = (path: string): CacheFile | undefined => {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
    const now = new Date()
    utimesSync(path, now, now)
  } catch {
    // Absent, or in a store that may only be read.
    return undefined
  }
  const endOfDigest = bytes.indexOf(newline)
  const endOfHead = bytes.indexOf(newline, endOfDigest + 1)
  if (endOfDigest < 0 || endOfHead < 0) return undefined
  const content = bytes.subarray(endOfDigest + 1)
  if (bytes.toString("latin1", 0, endOfDigest) !== hash("sha256", content)) return undefined
  return {
    head: JSON.parse(bytes.toString("utf8", endOfDigest + 1, endOfHead)),
    body: bytes.toString("utf8", endOfHead + 1)
  }
}

/**
 * Writes the file in one step, and removes the least recently used of its folder.
 *
 * @param keep how many files the folder may have
 */
export const writeCacheFile = (
  storeRoot: string,
  kind: string,
  name: string,
  { body, head }: CacheFile,
  keep: number
): void => {
  const content = `${JSON.stringify(head)}\n${body}`
  const folder = cacheFolder(storeRoot, kind)
  try {
    const text = `${hash("sha256", content)}\n${content}`
    writeFileAtomic(openLayout(storeRoot), join(folder, name), text, "the cache", false)
    prune(folder, keep)
  } catch (error) {
    // A store on a full or read-only disk can still be planned over; a run will say what is wrong with the disk.
    if (!(error instanceof UserError) && !isSystemError(error)) throw error
  }
}

const isSystemError = (error: unknown): boolean =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).code === "string"

const prune = (folder: string, keep: number): void => {
  const names = readdirSync(folder)
  if (names.length <= keep) return
  const oldestFirst = names
    .map((name) => ({
      path: join(folder, name),
      usedAt: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
    }))
    .toSorted((a, b) => a.usedAt - b.usedAt)
  for (const { path } of oldestFirst.slice(0, names.length - keep)) rmSync(path, { force: true })
}
