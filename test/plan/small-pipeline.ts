/** Pipelines written down as objects, a context to plan them in, and a run that makes up results. */
import { type Digest, sha256 } from "../../src/base/digest.ts"
import type { JsonObject } from "../../src/base/json.ts"
import type { CheckedPipeline, InputRef, StageInstance } from "../../src/language/pipeline.ts"
import { decide, type PlanContext } from "../../src/plan/decide.ts"
import type { History } from "../../src/plan/explain.ts"
import type { ActionOutput, ActionResult, CodeDescription } from "../../src/store/action.ts"
import type { Store } from "../../src/store/store.ts"

export interface Stage {
  readonly uses?: string
  readonly params?: JsonObject
  /** Port → `instance.port`, or a list of them labelled by themselves. */
  readonly in?: { readonly [port: string]: string | ReadonlyArray<string> }
  readonly files?: { readonly [param: string]: string }
}

export const pipelineOf = (stages: { readonly [id: string]: Stage }): CheckedPipeline => ({
  name: "small",
  description: "",
  file: "pipelines/small.yaml",
  params: {},
  axes: {},
  instances: Object.entries(stages).map(([id, stage]) => instanceOf(id, stage))
})

const instanceOf = (id: string, stage: Stage): StageInstance => {
  const [, name = id, point = "", part] = /^([^[/]+)(?:\[(.*)\])?(?:\/(.+))?$/.exec(id) ?? []
  return {
    id,
    stage: name,
    ...(part === undefined ? {} : { part }),
    point: Object.fromEntries(
      point === "" ? [] : point.split(",").map((part) => part.split("=") as [string, string])
    ),
    uses: stage.uses ?? "text/join",
    params: stage.params ?? {},
    files: Object.fromEntries(
      Object.entries(stage.files ?? {}).map(([param, path]) => [param, { path, written: path }])
    ),
    inputs: Object.fromEntries(
      Object.entries(stage.in ?? {}).map(([port, from]) => [port, inputOf(from)])
    ),
    outputs: { out: "Table" },
    resources: {},
    position: { file: "pipelines/small.yaml", line: 1, column: 1, length: 1 }
  }
}

const inputOf = (from: string | ReadonlyArray<string>): InputRef => {
  const refOf = (text: string) => {
    const dot = text.lastIndexOf(".")
    return { instance: text.slice(0, dot), port: text.slice(dot + 1) }
  }
  return typeof from === "string"
    ? { kind: "one", from: refOf(from) }
    : { kind: "many", items: from.map((one) => ({ label: one, from: refOf(one) })) }
}

export const codeOf = (
  text: string,
  description: Partial<CodeDescription> = {}
): CodeDescription => ({
  fingerprint: sha256(text),
  modules: { "stages/text/join.ts": sha256(text) },
  packages: {},
  tensors: false,
  ...description
})

export const contextOf = (store: Store, changes: Partial<PlanContext> = {}): PlanContext => ({
  store,
  code: new Map([["text/join", codeOf("join")]]),
  numerics: "engine@1",
  fileDigest: (path) => sha256(`content of ${path}`),
  forced: new Set(),
  ...changes
})

type Outputs = { readonly [port: string]: ActionOutput }

/** What the runner does, without stages: whatever is not known gets a made-up result. */
export const pretendRun = async (
  pipeline: CheckedPipeline,
  context: PlanContext,
  contentOf: (instance: StageInstance, key: Digest) => string = (_, key) => key
): Promise<{ readonly ran: ReadonlyArray<string>; readonly keys: ReadonlyMap<string, Digest> }> => {
  const outputs = new Map<string, Outputs>()
  const keys = new Map<string, Digest>()
  const ran: Array<string> = []
  for (const instance of pipeline.instances) {
    const decided = decide(instance, (id) => outputs.get(id), context)
    if (decided.state === "depends") throw new Error(`${instance.id} comes before what it reads`)
    keys.set(instance.id, decided.key)
    if (decided.state === "known") outputs.set(instance.id, decided.outputs)
    else {
      const content = contentOf(instance, decided.key)
      const result = await resultOf(context.store, decided, content)
      await context.store.actions.putAll([result])
      outputs.set(instance.id, result.outputs)
      ran.push(instance.id)
    }
  }
  return { ran, keys }
}

const resultOf = async (
  store: Store,
  { key, recipe }: Pick<ActionResult, "key" | "recipe">,
  content: string
): Promise<ActionResult> => {
  const { blobs, output } = await store.values.put({
    type: "Table",
    meta: {},
    files: { rows: Buffer.from(content) }
  })
  return { version: 1, key, recipe, outputs: { out: output }, blobs, seconds: 1 }
}

export const historyOf = (
  keys: ReadonlyMap<string, Digest>,
  seconds: { readonly [id: string]: number } = {}
): History => ({
  latest: (_, ids) =>
    new Map(ids.flatMap((id) => (keys.has(id) ? [[id, keys.get(id) as Digest]] : []))),
  expectedSeconds: (items) =>
    new Map(
      items.flatMap(({ stageId }) => {
        const known = seconds[stageId]
        return known === undefined ? [] : [[stageId, known] as const]
      })
    )
})
