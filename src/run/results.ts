/**
 * Files for people, laid out as `results/<pipeline>/[<axis>=<label>,.../]<name>`, with the recipe inside where the format
 * has a place for it.
 *
 * A ledger beside them (`.ablate.json`) says what was written, so that a run in which nothing changed looks at each
 * file's stat and at nothing else, and so that a file which somebody else wrote or changed is never overwritten.
 */
import { randomBytes } from "node:crypto"
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { type Digest, sha256 } from "../base/digest.ts"
import type { JsonObject } from "../base/json.ts"
import { UserError } from "../base/user-error.ts"
import { ablateVersion } from "../base/version.ts"
import type { CheckedPipeline, StageInstance } from "../language/pipeline.ts"
import type { ActionOutput } from "../store/action.ts"
import { codeOf, diskProblem } from "../store/disk-problem.ts"
import type { Store } from "../store/store.ts"
import type { ResultFile } from "./outcome.ts"
import { type Placed, placeFiles } from "./result-paths.ts"
import { isStored, withRecipe } from "./result-recipe.ts"
import { type Ledger, type LedgerEntry, readLedger, updateLedger } from "./result-ledger.ts"

/** An instance whose outputs are there. */
export interface Finished {
  readonly instance: StageInstance
  readonly key: Digest
  readonly outputs: { readonly [port: string]: ActionOutput }
}

export interface ResultsRequest {
  readonly store: Store
  readonly pipeline: Pick<CheckedPipeline, "name" | "file" | "instances">
  readonly finished: Iterable<Finished>
  /** Absolute: the pipeline's own folder. */
  readonly folder: string
}

export interface LaidOut {
  readonly results: ReadonlyArray<ResultFile>
  readonly notices: ReadonlyArray<string>
}

/** One output of type `File`. */
export interface FileOutput {
  readonly instance: StageInstance
  readonly key: Digest
  readonly port: string
  readonly value: Digest
  /** As the stage called it. */
  readonly name: string
}

/**
 * Writes what is missing or different.
 *
 * @throws UserError when the folder cannot be written
 */
export const layOutResults = async (request: ResultsRequest): Promise<LaidOut> => {
  const files = fileOutputs(request.finished)
  if (files.length === 0) return { results: [], notices: [] }
  const ledger = readLedger(request.folder)
  const named = files.map(({ finished: { instance, key }, port, value }): FileOutput => {
    const name = nameOf(entryId({ instance, port }), value, ledger, request.store)
    return { instance, key, port, value, name }
  })
  const { notices, placed } = placeFiles(named, waitingNames(request, named, ledger))
  const version = ablateVersion()
  const results: Array<ResultFile> = []
  const changed: Record<string, LedgerEntry> = {}
  for (const file of placed) {
    const id = entryId(file)
    const before = ledger.entries[id]
    const path = join(request.folder, file.path)
    results.push({ path, instance: file.instance.id })
    if (before !== undefined && isCurrent(before, request.pipeline, file, path, version)) continue
    if (before !== undefined && before.pipeline !== request.pipeline.file) {
      notices.push(
        `${path} was a result of ${before.pipeline}, which is called ${request.pipeline.name} as well; give one of the two pipelines another name`
      )
    }
    const written = await write(request, ledger, file, path, version)
    notices.push(...written.notices)
    if (written.entry === undefined) {
      results.pop()
      continue
    }
    changed[id] = written.entry
    if (before !== undefined && before.path !== file.path) {
      removeMoved(request.folder, before, placed)
    }
  }
  if (Object.keys(changed).length > 0) updateLedger(request.folder, changed)
  return { results, notices }
}

const entryId = (output: Pick<FileOutput, "instance" | "port">) =>
  `${output.instance.id}#${output.port}`

interface FileValue {
  readonly finished: Finished
  readonly port: string
  readonly value: Digest
}

const fileOutputs = (all: Iterable<Finished>): ReadonlyArray<FileValue> => {
  const found: Array<FileValue> = []
  for (const finished of all) {
    for (const port in finished.outputs) {
      const output = finished.outputs[port]
      if (output?.type === "File") found.push({ finished, port, value: output.digest })
    }
  }
  return found
}

const nameOf = (id: string, value: Digest, ledger: Ledger, store: Store): string => {
  const remembered = ledger.entries[id]
  if (remembered?.value === value) return remembered.name
  const { name } = store.values.get(value).meta
  if (typeof name !== "string") throw new Error(`the value ${value} is a file without a name`)
  return name
}

/**
 * What instances that are not part of this run are known to write: where a file goes must not depend on which stages
 * were selected.
 */
const waitingNames = (
  { pipeline }: ResultsRequest,
  named: ReadonlyArray<FileOutput>,
  { entries }: Ledger
): ReadonlyArray<Pick<FileOutput, "instance" | "port" | "name">> => {
  const here = new Set(named.map(entryId))
  return pipeline.instances.flatMap((instance) =>
    Object.keys(instance.outputs).flatMap((port) => {
      const entry = entries[entryId({ instance, port })]
      return entry === undefined || here.has(entryId({ instance, port }))
        ? []
        : [{ instance, port, name: entry.name }]
    })
  )
}

const isCurrent = (
  entry: LedgerEntry,
  pipeline: ResultsRequest["pipeline"],
  file: Placed<FileOutput>,
  path: string,
  version: string
): boolean => {
  if (entry.pipeline !== pipeline.file) return false
  if (entry.value !== file.value || entry.key !== file.key) return false
  if (entry.path !== file.path || entry.version !== version) return false
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isFile() === true && stat.size === entry.sizeBytes && stat.mtimeMs === entry.mtimeMs
}

const write = async (
  { folder, pipeline, store }: ResultsRequest,
  ledger: Ledger,
  file: Placed<FileOutput>,
  path: string,
  version: string
): Promise<{ readonly entry?: LedgerEntry; readonly notices: ReadonlyArray<string> }> => {
  const { instance, key, name, port, value } = file
  const recipe: JsonObject = {
    ablate: version,
    pipeline: pipeline.name,
    instance: instance.id,
    port,
    uses: instance.uses,
    key,
    params: instance.params
  }
  const { bytes, notices } = await withRecipe(store, value, name, recipe)
  const digest = sha256(bytes)
  try {
    const there = contentAt(path)
    const isOurs =
      there === undefined ||
      there === digest ||
      isListed(ledger, file.path, there) ||
      (await isStored(store, path, there, name))
    if (!isOurs) {
      return {
        notices: [
          `${path} was changed or made by somebody else, so it was left as it is; move it away to get the result there`
        ]
      }
    }
    if (there !== digest) replace(path, bytes)
    const { mtimeMs, size } = lstatSync(path)
    const entry = {
      pipeline: pipeline.file,
      value,
      key,
      version,
      name,
      path: file.path,
      sizeBytes: size,
      mtimeMs,
      digest
    }
    return { entry, notices }
  } catch (error) {
    if (codeOf(error) === "ENOTDIR" || codeOf(error) === "EEXIST") {
      throw new UserError(`${path} cannot be written: a file is where its folder should be`, {
        hint: "move that file away",
        exitCode: 1,
        cause: error
      })
    }
    throw diskProblem(error, {
      folder,
      what: `the result ${name}`,
      sizeBytes: bytes.byteLength,
      elsewhere: "another folder for results with --results"
    })
  }
}

/** The digest of what is at the path; absent when there is nothing. */
const contentAt = (path: string): Digest | "no file" | undefined => {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return undefined
  // A link or a folder is nothing that was written here.
  return stat.isFile() ? sha256(readFileSync(path)) : "no file"
}

const isListed = (ledger: Ledger, path: string, digest: string): boolean =>
  Object.values(ledger.entries).some((entry) => entry.path === path && entry.digest === digest)

const replace = (path: string, bytes: Uint8Array): void => {
  const temporary = join(dirname(path), `.ablate-${randomBytes(6).toString("hex")}`)
  mkdirSync(dirname(path), { recursive: true })
  try {
    writeFileSync(temporary, bytes, { flag: "wx" })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/** The file that an output was written to before its place changed, unless somebody else made it theirs. */
const removeMoved = (
  folder: string,
  before: LedgerEntry,
  placed: ReadonlyArray<Placed<FileOutput>>
): void => {
  if (placed.some(({ path }) => path === before.path)) return
  const path = join(folder, before.path)
  if (contentAt(path) === before.digest) rmSync(path)
}
