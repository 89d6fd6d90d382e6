/**
 * SHA-256 of source files, not computed again while a file looks untouched.
 *
 * The rule is git's: a file is taken for unchanged when size, times and inode are the same as when it was hashed, unless it
 * was modified within two seconds before that. A second change so soon can leave the same times on coarse clocks.
 */
import { createHash } from "node:crypto"
import {
  type BigIntStats,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readSync,
  statSync
} from "node:fs"
import { join, resolve } from "node:path"
import { type Digest, isDigest } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import { writeFileAtomic } from "./atomic-file.ts"
import { codeOf } from "./disk-problem.ts"
import type { Layout } from "./layout.ts"
import type { Store } from "./store.ts"
import { isRecord, parseJson, readIfThere } from "./structure.ts"

export interface StatCache {
  /**
   * @throws UserError when the file cannot be read, is no file, or changes all the time
   */
  readonly digest: (path: string) => Digest
  /**
   * Keeps what was learnt for the next process, together with what others have saved in the meantime.
   *
   * @throws UserError when the disk is full or may not be written
   */
  readonly save: () => void
}

/** What a file looks like, and the digest that it had then. */
type Entry = readonly [look: string, digest: Digest]

const racyNs = 2_000_000_000n
/** Past this many files, those that are gone are forgotten when saving. */
const plenty = 4096

export const openStatCache = ({ layout }: Pick<Store, "layout">): StatCache => {
  const path = join(layout.cache, "stat-cache.json")
  let known: Map<string, Entry> | undefined
  const learnt = new Map<string, Entry>()
  return {
    digest: (file) => {
      const absolute = resolve(file)
      known ??= read(path)
      const entry = learnt.get(absolute) ?? known.get(absolute)
      if (entry !== undefined && entry[0] === lookOf(statsOf(absolute))) return entry[1]
      const { digest, stats, hashedAtNs } = hashStable(absolute)
      if (isSettled(stats, hashedAtNs)) learnt.set(absolute, [lookOf(stats), digest])
      else learnt.delete(absolute)
      return digest
    },
    save: () => {
      if (learnt.size === 0) return
      save(layout, path, new Map([...read(path), ...learnt]))
      learnt.clear()
      known = undefined
    }
  }
}

const save = (layout: Layout, path: string, entries: ReadonlyMap<string, Entry>): void => {
  const kept =
    entries.size <= plenty ? [...entries] : [...entries].filter(([file]) => existsSync(file))
  const content = { version: 1, files: Object.fromEntries(kept) }
  writeFileAtomic(layout, path, `${JSON.stringify(content)}\n`, "the stat cache", false)
}

/** An unreadable cache is an empty one: it only spares work. */
const read = (path: string): Map<string, Entry> => {
  const text = readIfThere(path)
  const content = text === undefined ? undefined : parseJson(text)
  if (!isRecord(content) || content["version"] !== 1 || !isRecord(content["files"]))
    return new Map()
  return new Map(
    Object.entries(content["files"]).flatMap(([file, entry]) =>
      Array.isArray(entry) && typeof entry[0] === "string" && isDigest(String(entry[1]))
        ? [[file, [entry[0], entry[1] as Digest]] as const]
        : []
    )
  )
}

const lookOf = ({ size, mtimeNs, ctimeNs, ino }: BigIntStats) =>
  `${size} ${mtimeNs} ${ctimeNs} ${ino}`

const isSettled = ({ mtimeNs, ctimeNs }: BigIntStats, hashedAtNs: bigint) =>
  hashedAtNs - (mtimeNs > ctimeNs ? mtimeNs : ctimeNs) > racyNs

const statsOf = (path: string): BigIntStats => {
  try {
    return statSync(path, { bigint: true })
  } catch (error) {
    throw unreadable(path, error)
  }
}

const unreadable = (path: string, error: unknown): unknown => {
  const sentence = {
    ENOENT: "does not exist",
    ENOTDIR: "does not exist",
    EACCES: "may not be read: check its permissions",
    ELOOP: "is a symbolic link that leads to itself",
    EIO: "cannot be read: the disk failed"
  }[codeOf(error) ?? ""]
  return sentence === undefined ? error : new UserError(`${path} ${sentence}`, { cause: error })
}

/** Hashes until the file looked the same before and after, so that the digest is of one state of the file. */
const hashStable = (path: string) => {
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = statsOf(path)
    if (!before.isFile()) {
      throw new UserError(`${path} is ${before.isDirectory() ? "a folder" : "not a file"}`, {
        hint: "give the path of a file"
      })
    }
    const hashedAtNs = BigInt(Date.now()) * 1_000_000n
    const { digest, after } = hashOnce(path, Number(before.size))
    if (lookOf(before) === lookOf(after)) return { digest, stats: after, hashedAtNs }
  }
  throw new UserError(`${path} changes while it is read`, {
    hint: "wait until the program that writes it is done"
  })
}

/** Small files are read in one go, large ones in pieces of 4 MB. */
const hashOnce = (path: string, sizeBytes: number): { digest: Digest; after: BigIntStats } => {
  let file: number | undefined
  try {
    file = openSync(path, "r")
    const hash = createHash("sha256")
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(sizeBytes + 1, 1), 1 << 22))
    for (;;) {
      const length = readSync(file, buffer, 0, buffer.byteLength, null)
      if (length === 0) break
      hash.update(buffer.subarray(0, length))
    }
    return { digest: hash.digest("hex") as Digest, after: fstatSync(file, { bigint: true }) }
  } catch (error) {
    throw unreadable(path, error)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
