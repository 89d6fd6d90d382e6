/**
 * How long it takes to find out that nothing has to run, and how much memory: layered pipelines of which each instance
 * reads one or two of the layer before, everything known. Each size is measured in a process of its own, as a
 * command starts cold.
 *
 *     node bench/plan.ts [SIZE...]
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { type Digest, sha256 } from "../src/base/digest.ts"
import { canonicalJson } from "../src/base/json.ts"
import type { CheckedPipeline, OutputRef, StageInstance } from "../src/language/pipeline.ts"
import { type PlanContext, planPipeline } from "../src/plan/decide.ts"
import { actionKey, recipeOf } from "../src/plan/keys.ts"
import { type CheckPipeline, prepare, type Prepared } from "../src/plan/prepare.ts"
import type { ActionOutput, ActionResult } from "../src/store/action.ts"
import { openStore } from "../src/store/store.ts"
import { milliseconds, printTable } from "./support/table.ts"

const width = 100
const settleMs = 2100

const stageSource = `export default { run: (inputs) => inputs.a ?? inputs.b }\n`

/** Instance n of layer l reads n and, in every other place, n + 1 of layer l - 1. */
const layered = (size: number): CheckedPipeline => {
  const id = (index: number) => `stage${Math.floor(index / width)}[place=${index % width}]`
  const from = (index: number): OutputRef => ({ instance: id(index), port: "image" })
  const instances = Array.from({ length: size }, (_, index): StageInstance => {
    const place = index % width
    const above = index - width
    const neighbour = above - place + ((place + 1) % width)
    return {
      id: id(index),
      stage: `stage${Math.floor(index / width)}`,
      point: { place: String(place) },
      uses: "bench/step",
      params: { place, strength: 0.5, label: "a layered pipeline", sizes: [64, 64, 3] },
      files: {},
      inputs:
        above < 0
          ? {}
          : {
              a: { kind: "one", from: from(above) },
              ...(place % 2 === 0 ? { b: { kind: "one", from: from(neighbour) } as const } : {})
            },
      outputs: { image: "Image[64,64,3] in [-1,1]" },
      resources: {},
      position: { file: "pipelines/layered.yaml", line: 4 + index, column: 3, length: 8 }
    }
  })
  return {
    name: "layered",
    description: "",
    file: "pipelines/layered.yaml",
    params: {},
    axes: {},
    instances
  }
}

const open = async (root: string, check: CheckPipeline) => {
  const store = openStore(join(root, "artifacts"), { create: true })
  const entry = { uses: "bench/step", file: join(root, "stages/bench/step.ts"), own: true }
  const prepared = await prepare(
    {
      root,
      cwd: root,
      file: "pipelines/layered.yaml",
      set: [],
      paramsFiles: [],
      allowedPaths: [],
      registry: {
        entries: new Map([[entry.uses, entry]]),
        load: () => Promise.reject(new Error("not needed"))
      },
      store
    },
    check
  )
  return { store, prepared }
}

const contextOf = (store: PlanContext["store"], { code }: Prepared): PlanContext => ({
  store,
  code,
  numerics: "none",
  fileDigest: sha256,
  forced: new Set()
})

const write = (path: string, content: string) => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

/** Puts results of all instances into the store, without syncing them to the disk one by one. */
const fill = (pipeline: CheckedPipeline, context: PlanContext) => {
  const { store } = context
  const known = new Map<string, { readonly [port: string]: ActionOutput }>()
  const put = (content: string): Digest => {
    const digest = sha256(content)
    write(store.blobs.path(digest), content)
    return digest
  }
  for (const instance of pipeline.instances) {
    const recipe = recipeOf(instance, (id) => known.get(id), context)
    const key = actionKey(recipe)
    const type = "Image[64,64,3] in [-1,1]"
    const data = put(`pixels of ${instance.id}`)
    const value = put(
      canonicalJson({ type, meta: {}, files: { data: { digest: data, sizeBytes: 10 } } })
    )
    const outputs = { image: { digest: value, type } }
    known.set(instance.id, outputs)
    const result: ActionResult = {
      version: 1,
      key,
      recipe,
      outputs,
      blobs: [value, data],
      seconds: 0.1
    }
    write(
      join(store.root, "actions", key.slice(0, 2), `${key.slice(2)}.json`),
      `${JSON.stringify(result)}\n`
    )
  }
}

interface Measured {
  readonly prepareMs: number
  readonly planMs: number
  readonly againMs: number
  readonly megabytes: number
}

const measure = async (root: string): Promise<Measured> => {
  const started = performance.now()
  const { prepared, store } = await open(root, () =>
    Promise.reject(new Error("the cache was not used"))
  )
  const { pipeline } = prepared
  if (pipeline === undefined) throw new Error("nothing was prepared")
  const preparedAt = performance.now()
  const context = contextOf(store, prepared)
  const { decisions } = planPipeline(pipeline, context)
  const plannedAt = performance.now()
  if (!decisions.every(({ state }) => state === "known")) throw new Error("not everything is known")
  planPipeline(pipeline, context)
  return {
    prepareMs: preparedAt - started,
    planMs: plannedAt - preparedAt,
    againMs: performance.now() - plannedAt,
    megabytes: process.resourceUsage().maxRSS / 1024
  }
}

const [first, ...rest] = process.argv.slice(2)
if (first === "--measure") {
  process.stdout.write(JSON.stringify(await measure(rest[0] as string)))
} else {
  const sizes = [first, ...rest].filter((size) => size !== undefined).map(Number)
  const rows: Array<ReadonlyArray<string>> = [
    ["instances", "prepare (cached)", "plan", "plan again", "peak memory"]
  ]
  for (const size of sizes.length > 0 ? sizes : [100, 1000, 10_000]) {
    const root = mkdtempSync(join(tmpdir(), "ablate-bench-plan-"))
    try {
      const pipeline = layered(size)
      write(join(root, "stages/bench/step.ts"), stageSource)
      await new Promise((resolve) => setTimeout(resolve, settleMs))
      const check = () => Promise.resolve({ pipeline, diagnostics: [], sources: [] })
      const { prepared, store } = await open(root, check)
      fill(pipeline, contextOf(store, prepared))
      const answer = execFileSync(process.execPath, [import.meta.filename, "--measure", root])
      const { againMs, megabytes, planMs, prepareMs } = JSON.parse(String(answer)) as Measured
      rows.push([
        String(size),
        ...[prepareMs, planMs, againMs].map(milliseconds),
        `${megabytes.toFixed(0)} MB`
      ])
    } finally {
      rmSync(root, { recursive: true })
    }
  }
  printTable("Nothing to run: a checked pipeline read back, and its plan", rows)
}
