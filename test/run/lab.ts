/** Pipelines of the small stages in `test/fixtures/run-stages`, run by the real runner with real worker processes. */
import { mkdirSync, readdirSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { sha256 } from "../../src/base/digest.ts"
import type { JsonObject } from "../../src/base/json.ts"
import type { UserError } from "../../src/base/user-error.ts"
import type { InputRef, Resources, StageInstance } from "../../src/language/pipeline.ts"
import { type PlanContext, planPipeline } from "../../src/plan/decide.ts"
import { partOf, stageOf } from "../../src/plan/instance-name.ts"
import type { Prepared } from "../../src/plan/prepare.ts"
import type { RunOutcome } from "../../src/run/outcome.ts"
import type { RunEvent } from "../../src/run/events.ts"
import { readValue } from "../../src/run/read-value.ts"
import { execute, type ExecuteOptions } from "../../src/run/execute.ts"
import type { CodeDescription } from "../../src/store/action.ts"
import { openStatCache } from "../../src/store/stat-cache.ts"
import { openStore } from "../../src/store/store.ts"
import type { Value } from "../../src/values/values.ts"

const stagesFolder = join(import.meta.dirname, "..", "fixtures", "run-stages")

export interface StageSpec {
  readonly uses: string
  readonly with?: JsonObject
  /** `a.number`; a list for a `many` port. */
  readonly in?: { readonly [port: string]: string | ReadonlyArray<string> }
  readonly files?: { readonly [param: string]: string }
  readonly folders?: { readonly [param: string]: string }
  readonly outputs?: { readonly [port: string]: string }
  readonly resources?: Resources
  readonly stage?: string
  readonly point?: { readonly [axis: string]: string }
}

const usualOutputs = (uses: string): { readonly [port: string]: string } =>
  ({
    wrong: { image: "Image[4,4,3] in [0,1]" },
    file: { file: "File" },
    moody: { tensor: "Tensor[?]" }
  })[uses] ?? { number: "Metrics" }

const outputRef = (text: string) => {
  const dot = text.lastIndexOf(".")
  return { instance: text.slice(0, dot), port: text.slice(dot + 1) }
}

const instanceOf = (id: string, spec: StageSpec): StageInstance => ({
  id,
  stage: spec.stage ?? stageOf(id),
  ...(partOf(id) === undefined ? {} : { part: partOf(id) as string }),
  point: spec.point ?? {},
  uses: spec.uses,
  params: spec.with ?? {},
  files: Object.fromEntries([
    ...Object.entries(spec.files ?? {}).map(([param, path]) => [param, { path, written: path }]),
    ...Object.entries(spec.folders ?? {}).map(([param, path]) => [
      param,
      { path, written: path, folder: true as const }
    ])
  ]),
  inputs: Object.fromEntries(
    Object.entries(spec.in ?? {}).map(([port, from]): [string, InputRef] => [
      port,
      typeof from === "string"
        ? { kind: "one", from: outputRef(from) }
        : { kind: "many", items: from.map((text) => ({ label: text, from: outputRef(text) })) }
    ])
  ),
  outputs: spec.outputs ?? usualOutputs(spec.uses),
  resources: spec.resources ?? {},
  position: { file: "test.yaml", line: 1, column: 1, length: 1 }
})

export interface Pipeline {
  readonly [id: string]: StageSpec
}

export interface Overrides extends Partial<
  Pick<
    ExecuteOptions,
    | "jobs"
    | "keepGoing"
    | "grace"
    | "killNow"
    | "workerFlags"
    | "workerVariables"
    | "gpus"
    | "coresEach"
    | "selection"
  >
> {
  readonly forced?: ReadonlyArray<string>
  /** By `uses`: another fingerprint, as after a change of the code. */
  readonly codeVersions?: { readonly [uses: string]: string }
  readonly codeUnchanged?: (uses: string) => boolean
  /** Stage types that count as computing tensors. */
  readonly tensors?: ReadonlyArray<string>
  readonly onEvent?: (event: RunEvent) => void
}

export interface Lab {
  readonly folder: string
  readonly storeRoot: string
  readonly resultsFolder: string
  readonly options: (pipeline: Pipeline, overrides?: Overrides) => ExecuteOptions
  /** Runs it; the effect gives what happened. */
  readonly program: (pipeline: Pipeline, overrides?: Overrides) => Effect.Effect<Ran, UserError>
  readonly run: (pipeline: Pipeline, overrides?: Overrides) => Promise<Ran>
}

export interface Ran {
  readonly events: ReadonlyArray<RunEvent>
  readonly outcome: RunOutcome
  /** Ids of the instances with an event of this kind, in order. */
  readonly of: (tag: RunEvent["_tag"]) => ReadonlyArray<string>
}

/** What an output of an instance came to. */
export const valueOf = (lab: Lab, ran: Ran, id: string, port: string): Value | undefined => {
  const { store } = lab.options({})
  const entry = ran.outcome.manifest.instances.find((entry) => entry.id === id)
  const digest = entry?.outputs?.[port]?.digest
  return digest === undefined ? undefined : readValue(store, digest)
}

/** What the port `number` of an instance came to. */
export const numberOf = (lab: Lab, ran: Ran, id: string): number | undefined => {
  const value = valueOf(lab, ran, id, "number")
  return value?.type === "Metrics" ? value.scalars["value"] : undefined
}

export const labIn = (folder: string): Lab => {
  const storeRoot = join(folder, "artifacts")
  const resultsFolder = join(folder, "results")
  mkdirSync(folder, { recursive: true })
  const options = (pipeline: Pipeline, overrides: Overrides = {}): ExecuteOptions => {
    const store = openStore(storeRoot)
    const instances = Object.entries(pipeline).map(([id, spec]) => instanceOf(id, spec))
    const code = new Map(
      instances.map(({ uses }): [string, CodeDescription] => [
        uses,
        {
          fingerprint: sha256(`${uses} ${overrides.codeVersions?.[uses] ?? ""}`),
          modules: {},
          packages: {},
          tensors: overrides.tensors?.includes(uses) === true
        }
      ])
    )
    const stats = openStatCache(store)
    const context: PlanContext = {
      store,
      code,
      numerics: "none",
      fileDigest: (path) => stats.digest(path),
      forced: new Set(overrides.forced)
    }
    const checked = {
      name: "test",
      description: "",
      file: "test.yaml",
      params: {},
      axes: {},
      instances
    }
    const prepared: Prepared = {
      pipeline: checked,
      diagnostics: [],
      sources: [],
      code,
      codeUnchanged: overrides.codeUnchanged ?? (() => true)
    }
    const names = readdirSync(stagesFolder).map((name) => name.replace(/\.ts$/, ""))
    const {
      codeUnchanged: _code,
      codeVersions: _versions,
      forced: _forced,
      onEvent: _on,
      tensors: _tensors,
      ...rest
    } = overrides
    return {
      prepared,
      context,
      plan: planPipeline(checked, context, overrides.selection),
      store,
      registry: {
        entries: new Map(
          names.map((uses) => [uses, { uses, file: join(stagesFolder, `${uses}.ts`), own: true }])
        ),
        load: () => Promise.reject(new Error("the driver never loads a stage"))
      },
      jobs: 2,
      keepGoing: false,
      resultsFolder,
      set: [],
      root: folder,
      reasonOf: ({ state }) => state,
      ...rest
    }
  }
  const program: Lab["program"] = (pipeline, overrides = {}) => {
    const events: Array<RunEvent> = []
    return Effect.map(
      execute(options(pipeline, overrides), (event) => {
        events.push(event)
        overrides.onEvent?.(event)
      }),
      (outcome) => ({
        events,
        outcome,
        of: (tag) =>
          events.flatMap((event) => (event._tag === tag && "id" in event ? [event.id] : []))
      })
    )
  }
  return {
    folder,
    storeRoot,
    resultsFolder,
    options,
    program,
    run: (pipeline, overrides) => Effect.runPromise(program(pipeline, overrides))
  }
}
