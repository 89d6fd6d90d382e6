/**
 * What a worker does with one job: parameters and inputs in, the stage's `run`, outputs checked and stored.
 *
 * It knows nothing of processes and messages; `worker.ts` connects it to the driver.
 */
import { statSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Schema from "effect/Schema"
import { sha256 } from "../base/digest.ts"
import { folderDigest, listFolder } from "../base/folder.ts"
import { UserError } from "../base/user-error.ts"
import type {
  InputsOf,
  Labelled,
  Ports,
  SourceFile,
  SourceFolder,
  StageDefinition
} from "../stage.ts"
import { letStagesImportAblate } from "../language/ablate-package.ts"
import type { ActionOutput } from "../store/action.ts"
import { openStatCache, type StatCache } from "../store/stat-cache.ts"
import type { Store } from "../store/store.ts"
import { encodeValue, typeOf, widenTo } from "../values/codec.ts"
import {
  type Bindings,
  type Mismatch,
  noBindings,
  parseType,
  type TypeExpression,
  unify
} from "../values/type-expression.ts"
import type { Value } from "../values/values.ts"
import { readValue } from "./read-value.ts"
import type { Job, JobDone, JobInput, Progress } from "./protocol.ts"

export interface JobTools {
  readonly store: Store
  /** Where outputs go; another store than that of the inputs when a result is only to be compared. */
  readonly outputStore: Store
  readonly progress: (progress: Progress) => void
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

/**
 * @throws UserError for what the user or the author of the stage can mend; whatever the stage itself throws
 */
export const runJob = async (job: Job, tools: JobTools): Promise<JobDone> => {
  const { definition, decodeParams } = await loadStage(job)
  const bindings = noBindings()
  const inputs = Object.fromEntries(
    Object.keys(definition.inputs).map((port) => [
      port,
      readInput(job, definition, port, bindings, tools.store)
    ])
  ) as InputsOf<Ports>
  const params = decodeParams({
    ...job.params,
    ...Object.fromEntries(Object.entries(job.files).map(([name, file]) => [name, file.written]))
  })
  const digests = openStatCache(tools.store)
  const startedAt = performance.now()
  const outputs: unknown = await definition.run({
    params,
    inputs,
    files: Object.fromEntries(
      Object.entries(job.files).flatMap(([name, file]) =>
        file.folder === true ? [] : [[name, sourceFile(file)]]
      )
    ),
    folders: Object.fromEntries(
      Object.entries(job.files).flatMap(([name, file]) =>
        file.folder === true ? [[name, sourceFolder(file, digests)]] : []
      )
    ),
    progress: (done, total, unit = "") => tools.progress({ done, total, unit }),
    log: tools.log,
    signal: tools.signal
  })
  const seconds = (performance.now() - startedAt) / 1000
  const values = checkOutputs(job, definition, bindings, outputs)
  return { _tag: "Done", ...(await storeOutputs(values, tools.outputStore)), seconds }
}

interface LoadedStage {
  readonly definition: StageDefinition
  readonly decodeParams: (params: unknown) => Record<string, unknown>
}

const loaded = new Map<string, LoadedStage>()

/** A worker lives as long as one run at most, so a module is loaded once. */
const loadStage = async (job: Job): Promise<LoadedStage> => {
  const known = loaded.get(job.module)
  if (known !== undefined) return known
  letStagesImportAblate()
  const module: { readonly default?: StageDefinition } = await import(
    pathToFileURL(job.module).href
  )
  if (typeof module.default?.run !== "function") {
    throw new UserError(`${job.module} has no stage as its default export`, {
      hint: "write `export default defineStage({ ... })`"
    })
  }
  const definition = module.default
  const decode = Schema.decodeUnknownSync(
    definition.params as unknown as Schema.Decoder<Record<string, unknown>>
  )
  const stage = { definition, decodeParams: (params: unknown) => decode(params) }
  loaded.set(job.module, stage)
  return stage
}

const sourceFile = (file: Omit<Job["files"][string], "folder">): SourceFile => ({
  path: file.written,
  read: async () => {
    const bytes = await readSource(file.path, file.written)
    // The key stands for the content that was hashed when the run was planned, and for no other.
    if (sha256(bytes) !== file.digest) throw changed(file.written)
    return bytes
  }
})

/**
 * The key stands for all of its files, so their hashes are compared before the stage sees any. Those that look as they did when
 * they were hashed for the plan are not read for it: a folder may hold gigabytes of weights.
 */
const sourceFolder = (folder: Job["files"][string], digests: StatCache): SourceFolder => ({
  path: folder.written,
  location: folder.path,
  list: async () => {
    const files = listFolder(folder.path, folder.written).map(({ name, path }) => {
      const written = join(folder.written, name)
      const digest = digests.digest(path)
      const { size: sizeBytes } = statSync(path)
      return Object.assign({ name, digest, sizeBytes }, sourceFile({ path, written, digest }))
    })
    if (folderDigest(files) !== folder.digest) throw changed(folder.written)
    return files
  }
})

const readSource = (path: string, written: string): Promise<Buffer> =>
  readFile(path).catch((cause: unknown) => {
    throw new UserError(
      `cannot read ${written}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause }
    )
  })

const changed = (written: string) =>
  new UserError(`${written} changed while the run was going`, {
    hint: "run again to use the new content",
    exitCode: 1
  })

const readInput = (
  job: Job,
  definition: StageDefinition,
  port: string,
  bindings: Bindings,
  store: Store
): Value | ReadonlyArray<Labelled<Value>> | undefined => {
  const declared = definition.inputs[port]
  const given = job.inputs[port]
  if (declared === undefined) return undefined
  const expected = parseType(declared.type)
  const read = ({ digest, label }: JobInput): Value => {
    const value = readValue(store, digest)
    const mismatch = unify(expected, typeOf(value), bindings)
    if (mismatch !== undefined) {
      const which = declared.options.many === true ? `${port} (${label})` : port
      throw new UserError(`input ${which} of ${job.id} ${describe(mismatch)}`, {
        hint: `wire a value that fits ${declared.type} to ${port} of ${job.uses}`,
        exitCode: 1
      })
    }
    return widenTo(value, expected.name)
  }
  if (declared.options.many === true) {
    return (given ?? []).map((input) => ({ label: input.label, value: read(input) }))
  }
  const [only] = given ?? []
  if (only !== undefined) return read(only)
  if (declared.options.optional === true) return undefined
  throw new UserError(`input ${port} of ${job.id} is not connected`)
}

/** Whether the stage kept its word: every declared port, none besides, each of a type that fits. */
const checkOutputs = (
  job: Job,
  definition: StageDefinition,
  bindings: Bindings,
  outputs: unknown
): ReadonlyArray<readonly [port: string, value: Value]> => {
  const bug = (message: string) =>
    new UserError(message, {
      hint: `this is a mistake in the stage ${job.uses} (${job.module})`,
      exitCode: 1
    })
  if (typeof outputs !== "object" || outputs === null) {
    throw bug(`${job.uses} returned ${outputs === null ? "null" : typeof outputs}, not its outputs`)
  }
  const given = outputs as Record<string, Value | undefined>
  const names = Object.keys(definition.outputs)
  const excess = Object.keys(given).find((name) => !names.includes(name))
  if (excess !== undefined) {
    throw bug(
      `${job.uses} returned "${excess}", which is none of its outputs (${names.join(", ")})`
    )
  }
  return names.map((port) => {
    const value = given[port]
    if (value === undefined) throw bug(`${job.uses} did not return its output ${port}`)
    const found = typeOfReturned(value, (found) =>
      bug(`output ${port} of ${job.uses} is ${found}, not a value`)
    )
    const declared = parseType(definition.outputs[port]?.type ?? "")
    const promised = parseType(job.outputs[port] ?? definition.outputs[port]?.type ?? "")
    const mismatch = unify(declared, found, bindings) ?? unify(promised, found, noBindings())
    if (mismatch !== undefined) throw bug(`output ${port} of ${job.uses} ${describe(mismatch)}`)
    return [port, value] as const
  })
}

const typeOfReturned = (value: unknown, bug: (found: string) => UserError): TypeExpression => {
  if (typeof value !== "object" || value === null || !("type" in value)) {
    throw bug(value === null ? "null" : `a ${typeof value} without a type`)
  }
  return typeOf(value as Value)
}

const describe = ({ what, expected, found }: Mismatch): string =>
  `should be ${expected}, not ${found}${what === "type" ? "" : ` (wrong ${what})`}`

const storeOutputs = async (
  values: ReadonlyArray<readonly [port: string, value: Value]>,
  store: Store
): Promise<Pick<JobDone, "outputs" | "blobs">> => {
  const stored = await Promise.all(
    values.map(async ([port, value]) => [port, await store.values.put(encodeValue(value))] as const)
  )
  const outputs: Record<string, ActionOutput> = Object.fromEntries(
    stored.map(([port, { output }]) => [port, output])
  )
  return { outputs, blobs: [...new Set(stored.flatMap(([, { blobs }]) => blobs))].toSorted() }
}
