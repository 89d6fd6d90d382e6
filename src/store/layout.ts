/** Where things lie in a store, and the one file that says that a folder is a store and of which version. */
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import { codeOf, diskProblem, makeFolder } from "./disk-problem.ts"
import { thisProcess, tokenOf } from "./liveness.ts"
import { isRecord, parseJson } from "./structure.ts"

const version = 1
const marker = "store.json"

export interface Layout {
  readonly root: string
  readonly blobs: string
  readonly actions: string
  readonly code: string
  readonly claims: string
  readonly runs: string
  readonly tags: string
  readonly pins: string
  /** What can be made again at any time: stat cache, prepared pipelines. */
  readonly cache: string
  readonly temporary: string
  /** Blobs whose bytes no longer have their digest. */
  readonly quarantine: string
  readonly index: string
  readonly blob: (digest: Digest) => string
  readonly action: (key: Digest) => string
  /** Makes the folder a store, if it is not one yet. */
  readonly create: () => void
}

/**
 * @throws UserError when the folder holds something else, or a store of a version that this program does not know
 */
export const openLayout = (root: string): Layout => {
  const blobs = join(root, "cas", "sha256")
  const actions = join(root, "actions")
  checkMarker(root)
  return {
    root,
    blobs,
    actions,
    code: join(root, "code"),
    claims: join(root, "claims"),
    runs: join(root, "runs"),
    tags: join(root, "roots", "tags"),
    pins: join(root, "roots", "pins"),
    cache: join(root, "cache"),
    temporary: join(root, "tmp"),
    quarantine: join(root, "quarantine"),
    index: join(root, "index.sqlite"),
    // Concatenation, since `join` takes a microsecond and a plan asks for tens of thousands.
    blob: (digest) => `${blobs}/${digest.slice(0, 2)}/${digest.slice(2)}`,
    action: (key) => `${actions}/${key.slice(0, 2)}/${key.slice(2)}.json`,
    create: () => create(root)
  }
}

/** Passes for a store, for an empty folder, and for no folder at all. */
const checkMarker = (root: string): void => {
  let text: string
  try {
    text = readFileSync(join(root, marker), "utf8")
  } catch (error) {
    if (codeOf(error) === "ENOENT") return checkEmpty(root)
    if (codeOf(error) === "ENOTDIR") {
      throw new UserError(`the store ${root} is not a folder`, {
        hint: chooseAnother,
        cause: error
      })
    }
    throw unreadable(root, error)
  }
  const content = parseJson(text)
  const found = isRecord(content) ? content["version"] : undefined
  if (found === version) return
  if (typeof found === "number" && found > version) {
    throw new UserError(
      `the store ${root} has version ${found}, this program knows versions up to ${version}`,
      { hint: "update ablate, or choose another store with --store" }
    )
  }
  throw new UserError(
    `${join(root, marker)} does not say a version, so this is not a store of ours`,
    {
      hint: chooseAnother
    }
  )
}

const chooseAnother = "choose an empty or a new folder for the store with --store"

const unreadable = (root: string, error: unknown) =>
  codeOf(error) === "EACCES" || codeOf(error) === "EPERM"
    ? new UserError(`there is no permission to read the store ${root}`, {
        hint: "check the folder's owner and permissions, or choose another store with --store",
        exitCode: 1,
        cause: error
      })
    : error

/** Hidden files do not count, nor does a store that another process is just making, nor the folder of a bare disk. */
const isOurs = (name: string) =>
  name.startsWith(".") || name.startsWith(marker) || name === "lost+found"

const checkEmpty = (root: string): void => {
  let names: ReadonlyArray<string>
  try {
    names = readdirSync(root)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return
    throw unreadable(root, error)
  }
  const foreign = names.find((name) => !isOurs(name))
  // A store that was made in the meantime has its marker by now.
  if (foreign === undefined || names.includes(marker) || isThere(join(root, marker))) return
  throw new UserError(`${root} is not a store: it holds ${foreign}, but no ${marker}`, {
    hint: chooseAnother
  })
}

const isThere = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined

/** The marker comes first and by rename: a folder with anything else in it is already known to be a store. */
const create = (root: string): void => {
  if (isThere(join(root, marker))) return
  const temporary = join(root, `${marker}.${tokenOf(thisProcess())}`)
  try {
    makeFolder(root)
    writeFileSync(temporary, `${JSON.stringify({ version })}\n`)
    renameSync(temporary, join(root, marker))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw diskProblem(error, { folder: root, what: "a new store" })
  }
}
