/** What a disk refuses, as a sentence for the person whose disk it is. */
import { mkdirSync, statfsSync } from "node:fs"
import { dirname } from "node:path"
import { UserError } from "../base/user-error.ts"

/** The `code` of a system error: `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined

export interface DiskWork {
  /** The folder that was written to. */
  readonly folder: string
  /** What was to be written: `a blob`. */
  readonly what: string
  /** How much of it there is, where that is known. */
  readonly sizeBytes?: number
  /** How another place is chosen; absent: by `--store`. */
  readonly elsewhere?: string
}

/**
 * The error to throw instead of `error`: a `UserError` where the disk is full, over its quota, read-only or not ours to
 * write, and `error` itself otherwise, since anything else is a bug of ours.
 */
export const diskProblem = (error: unknown, work: DiskWork): unknown => {
  const sentence = sentences[codeOf(error) ?? ""]
  if (sentence === undefined || error instanceof UserError) return error
  return new UserError(sentence.message(work), {
    hint: sentence.hint(work),
    exitCode: 1,
    cause: error
  })
}

const needed = ({ what, sizeBytes }: DiskWork) =>
  sizeBytes === undefined ? `${what} did not fit` : `${what} needed ${formatBytes(sizeBytes)}`

const makeRoom = () =>
  "free space on that disk, or run `ablate store gc` to drop what no kept run needs"
const changePlace = ({ elsewhere = "another store with --store" }: DiskWork) =>
  `check the folder's owner and permissions, or choose ${elsewhere}`

const sentences: {
  readonly [code: string]: {
    readonly message: (work: DiskWork) => string
    readonly hint: (work: DiskWork) => string
  }
} = {
  ENOSPC: {
    message: (work) => `the disk of ${work.folder} is full: ${needed(work)}${left(work.folder)}`,
    hint: makeRoom
  },
  EDQUOT: {
    message: (work) => `the disk quota at ${work.folder} is used up: ${needed(work)}`,
    hint: makeRoom
  },
  EFBIG: {
    message: (work) => `the file system of ${work.folder} refuses files so large: ${needed(work)}`,
    hint: changePlace
  },
  EROFS: {
    message: (work) =>
      `${work.folder} is on a read-only file system, so ${work.what} cannot be written`,
    hint: changePlace
  },
  EACCES: {
    message: (work) => `there is no permission to write ${work.what} in ${work.folder}`,
    hint: changePlace
  },
  EPERM: {
    message: (work) => `the system does not allow writing ${work.what} in ${work.folder}`,
    hint: changePlace
  },
  EIO: {
    message: (work) => `the disk of ${work.folder} failed while ${work.what} was written (EIO)`,
    hint: () => "look at the system's log; the disk may be failing"
  }
}

/** Free space is worth saying, but not worth a second error. */
const left = (folder: string): string => {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = statfsSync(at)
      return `, ${formatBytes(bavail * bsize)} are free`
    } catch {
      if (at === dirname(at)) return ""
    }
  }
}

const units = ["B", "kB", "MB", "GB", "TB"]

/** Decimal units with three digits: `1.23 MB`. */
const formatBytes = (bytes: number): string => {
  let [value, unit] = [bytes, 0]
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`
}

/** Makes a folder and those above it. Node's own `recursive` reports a read-only disk as a folder that does not exist. */
export const makeFolder = (path: string): void => {
  try {
    mkdirSync(path)
  } catch (error) {
    if (codeOf(error) === "EEXIST") return
    if (codeOf(error) !== "ENOENT" || path === dirname(path)) throw error
    makeFolder(dirname(path))
    makeFolder(path)
  }
}
