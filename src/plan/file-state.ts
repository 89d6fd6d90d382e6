/**
 * Whether a file still has the content that something was made of, by its stat where that settles it and by its hash
 * where it does not.
 */
import { readFileSync, statSync } from "node:fs"
import { type Digest, sha256 } from "../base/digest.ts"

export interface FileState {
  /** Absolute. */
  readonly path: string
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly ctimeMs: number
  readonly inode: number
  readonly digest: Digest
  /** When the stat was taken, in milliseconds since the epoch. */
  readonly seenAtMs: number
}

/** Whether there is a regular file at the path. */
export const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true

export const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/**
 * A file written again within this time of being looked at can keep its size and its time stamp (time stamps are as
 * coarse as 2 s on some file systems), so that a stat proves nothing until the file was older when it was looked at.
 */
const settledAfterMs = 2000

/**
 * Reads a file together with the state that its content was read in.
 *
 * @returns undefined when there is no such regular file
 */
export const observe = (
  path: string
): { readonly state: FileState; readonly bytes: Buffer } | undefined => {
  // The stat comes before the read: a write between the two makes the recorded stat an old one, which is noticed.
  const seenAtMs = Date.now()
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile()) return undefined
  const bytes = readFileSync(path)
  return {
    state: {
      path,
      sizeBytes: stat.size,
      mtimeMs: stat.mtimeMs,
      ctimeMs: stat.ctimeMs,
      inode: stat.ino,
      digest: sha256(bytes),
      seenAtMs
    },
    bytes
  }
}

/**
 * Looks at the file again.
 *
 * @returns the state itself when its stat proves that the content is the same, a fresh state when the content had to be
 *   hashed and is the same, and undefined when the content differs, or the file is gone or may not be read any more
 */
const revalidate = (state: FileState): FileState | undefined => {
  try {
    return unchanged(state)
  } catch {
    // Whoever reads the file next says why it cannot be read, and who names it.
    return undefined
  }
}

const unchanged = (state: FileState): FileState | undefined => {
  const stat = statSync(state.path, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isFile() || stat.size !== state.sizeBytes) return undefined
  const sameStat =
    stat.mtimeMs === state.mtimeMs && stat.ctimeMs === state.ctimeMs && stat.ino === state.inode
  if (sameStat && isSettled(state)) return state
  const now = observe(state.path)?.state
  return now?.digest === state.digest ? now : undefined
}

const isSettled = (state: FileState): boolean =>
  Math.max(state.mtimeMs, state.ctimeMs) + settledAfterMs <= state.seenAtMs

/**
 * Looks at many files again, each once.
 *
 * @param memo what was found out already, by path; filled in
 * @returns the states, fresh where needed, or undefined when any content differs
 */
export const revalidateAll = (
  states: ReadonlyArray<FileState>,
  memo: Map<string, FileState | undefined> = new Map()
): ReadonlyArray<FileState> | undefined => {
  const found: Array<FileState> = []
  for (const state of states) {
    let now = memo.get(state.path)
    if (!memo.has(state.path)) {
      now = revalidate(state)
      memo.set(state.path, now)
    }
    if (now === undefined || now.digest !== state.digest) return undefined
    found.push(now)
  }
  return found
}
