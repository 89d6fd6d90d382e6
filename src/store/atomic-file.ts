/**
 * Files that are there whole or not at all: written under a temporary name, synced, and renamed into place.
 *
 * Temporary names carry the writing process, so that what a killed one left behind is told from work in progress. The
 * folder of a renamed file is not synced: should a power cut undo a rename, the file is missing, and what is missing is
 * made again. What must never happen, a name that leads to half a file, is ruled out by the sync before the rename.
 */
import { randomBytes } from "node:crypto"
import {
  closeSync,
  fsync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync
} from "node:fs"
import { dirname, join } from "node:path"
import { codeOf, diskProblem, makeFolder } from "./disk-problem.ts"
import type { Layout } from "./layout.ts"
import { thisProcess, tokenOf } from "./liveness.ts"

// Not imported: evaluating all of node:util takes milliseconds of every start (`cli/parse.ts`).
const { promisify } = process.getBuiltinModule("node:util")

/** Waits until the file's bytes are on the disk, without holding up this process. */
export const syncFile: (file: number) => Promise<void> = promisify(fsync)

/** A name in the store's `tmp/` that nothing has. */
export const temporaryName = (layout: Layout): string =>
  `${layout.temporary}/${tokenOf(thisProcess())}.${randomBytes(6).toString("hex")}`

export interface Temporary {
  readonly path: string
  readonly file: number
  /** To be called once, before the file is renamed. */
  readonly close: () => void
  /** Undoes everything after a failure, whether the file is closed or not. */
  readonly discard: () => void
}

/** @param mode of the file for ever; a read-only one can still be written through the open descriptor */
export const openTemporary = (layout: Layout, mode: number): Temporary => {
  const path = temporaryName(layout)
  let open: number | undefined
  try {
    open = openSync(path, "wx", mode)
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error
    layout.create()
    makeFolder(layout.temporary)
    open = openSync(path, "wx", mode)
  }
  const close = () => {
    const file = open
    // Forgotten first: a number that is closed may be another file's by now, and must not be closed again.
    open = undefined
    if (file !== undefined) closeSync(file)
  }
  const discard = () => {
    try {
      close()
    } finally {
      rmSync(path, { force: true })
    }
  }
  return { path, file: open, close, discard }
}

export const writeAll = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.byteLength;) done += writeSync(file, bytes, done)
}

/** Renames, and makes the target's folder where it does not exist yet. */
export const moveInto = (from: string, target: string): void => {
  try {
    renameSync(from, target)
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error
    makeFolder(dirname(target))
    renameSync(from, target)
  }
}

/**
 * Writes or replaces a small file of the store.
 *
 * @param durable whether to wait for the disk; not needed for what is only a cache
 * @throws UserError when the disk is full or may not be written; the old file, if any, is then untouched
 */
export const writeFileAtomic = (
  layout: Layout,
  target: string,
  text: string,
  what: string,
  durable = true
): void => {
  const bytes = Buffer.from(text, "utf8")
  let temporary: Temporary | undefined
  try {
    temporary = openTemporary(layout, 0o644)
    writeAll(temporary.file, bytes)
    if (durable) fsyncSync(temporary.file)
    temporary.close()
    moveInto(temporary.path, target)
  } catch (error) {
    temporary?.discard()
    throw diskProblem(error, { folder: layout.root, what, sizeBytes: bytes.byteLength })
  }
}

/**
 * Makes a file young again, and so safe from gc for the one who relies on it.
 *
 * @returns false when it is gone, or belongs to another user: then it is to be written anew
 */
export const renewFile = (path: string): boolean => {
  try {
    const now = new Date()
    utimesSync(path, now, now)
    return true
  } catch (error) {
    if (["ENOENT", "EPERM", "EACCES"].includes(codeOf(error) ?? "")) return false
    throw error
  }
}

/** The time of the disk that holds the store, in milliseconds: on a network disk its clock may differ from ours. */
export const diskNow = (layout: Layout): number => {
  const probe = openTemporary(layout, 0o600)
  try {
    return statSync(probe.path).mtimeMs
  } finally {
    probe.discard()
  }
}

/** Where gc puts a file while it makes sure that nobody has asked for it in the meantime (`gc-blobs.ts`). */
export const condemnedName = (layout: Layout, name: string): string =>
  join(layout.temporary, `${tokenOf(thisProcess())}.condemned-${name}`)
