import { mkdirSync, writeFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { CheckedPipeline } from "../../src/language/pipeline.ts"
import { type PlanContext, planPipeline } from "../../src/plan/decide.ts"
import { explain, type History } from "../../src/plan/explain.ts"
import { story, storyLines } from "../../src/plan/story.ts"
import { codeOf, contextOf, historyOf, pipelineOf, pretendRun } from "./small-pipeline.ts"
import { temporaryProject } from "./temporary-project.ts"

const stages = (n: number, sigma = 1) => ({
  load: { params: { n }, files: { path: "pic.png" } },
  noisy: { in: { image: "load.out" }, uses: "image/noise", params: { sigma } },
  blur: { in: { image: "noisy.out" } },
  grid: { in: { images: ["blur.out", "load.out"] } }
})

const world = () => {
  const { store } = temporaryProject({})
  return contextOf(store, {
    code: new Map([
      ["text/join", codeOf("join")],
      ["image/noise", codeOf("noise", { tensors: true, packages: { effect: "4.1.0" } })]
    ])
  })
}

const tell = (id: string, pipeline: CheckedPipeline, context: PlanContext, history: History) => {
  const plan = explain(planPipeline(pipeline, context), pipeline, context, history)
  return story(id, plan, pipeline, context, history.latest(pipeline.file, [id]).get(id))
}

describe("the story of an instance", () => {
  it("that is known says which run made it, when and why, and what of", async () => {
    const context = world()
    const pipeline = pipelineOf(stages(1))
    const { keys } = await pretendRun(pipeline, context)
    const key = keys.get("noisy")
    const run = context.store.runs.create({
      pipeline: "small",
      file: pipeline.file,
      set: [],
      params: {},
      startedAt: "2026-01-02T03:04:05.000Z",
      state: "running",
      counts: { total: 4, known: 0, ran: 4, failed: 0, skipped: 0 }
    })
    const at = Date.parse("2026-01-02T03:04:06Z")
    mkdirSync(run.folder, { recursive: true })
    writeFileSync(
      `${run.folder}/events.jsonl`,
      [
        { _tag: "StageStarted", at, id: "noisy", key, reason: "sigma: 2 → 1" },
        {
          _tag: "StageSucceeded",
          at,
          id: "noisy",
          key,
          seconds: 2.5,
          reason: "sigma: 2 → 1",
          outputs: {}
        }
      ]
        .map((event) => JSON.stringify(event))
        .join("\n") + `\n{"_tag":"StageSucceeded","key":"${key}"`
    )
    const told = tell("noisy", pipeline, context, historyOf(keys))
    expect(told).toMatchObject({
      state: "known",
      key,
      origin: { run: run.name, id: "noisy", atMs: at, seconds: 2.5, reason: "sigma: 2 → 1" },
      recipe: { uses: "image/noise", params: { sigma: 1 }, numerics: "engine@1" },
      inputs: [{ port: "image", from: "load.out", state: "known" }],
      chains: []
    })
    const text = storyLines(told).join("\n")
    expect(text).toContain("noisy (image/noise): known")
    expect(text).toContain(`by run ${run.name} at 2026-01-02T03:04:06.000Z in 2.5 s`)
    expect(text).toContain("it ran because: sigma: 2 → 1")
    expect(text).toContain(`key         ${key}`)
    expect(text).toContain("sigma: 1")
    expect(text).toContain("effect@4.1.0")
    expect(text).toContain("engine@1")
    expect(text).toContain("out: Table")
    await run.finish({ state: "done" })
  })

  it("that is known from runs long gone says so", async () => {
    const context = world()
    const pipeline = pipelineOf(stages(1))
    const { keys } = await pretendRun(pipeline, context)
    const lines = storyLines(tell("load", pipeline, context, historyOf(keys)))
    expect(lines.join("\n")).toContain("by a run that the store no longer has")
  })

  it("that will run has all causes, key and recipe", async () => {
    const context = world()
    const { keys } = await pretendRun(pipelineOf(stages(1)), context)
    const told = tell("noisy", pipelineOf(stages(1, 2)), context, historyOf(keys, { noisy: 0.25 }))
    expect(told).toMatchObject({ state: "run", reason: "sigma: 1 → 2", expectedSeconds: 0.25 })
    const text = storyLines(told).join("\n")
    expect(text).toContain("noisy (image/noise): will run\n  why         sigma: 1 → 2")
    expect(text).toContain("expected    250 ms")
    expect(text).toContain(`image: from load.out ${told.recipe?.inputs["image"] as string}`)
  })

  it("that depends and never ran does not pretend that it did", async () => {
    const pipeline = pipelineOf(stages(1))
    const text = storyLines(tell("grid", pipeline, world(), historyOf(new Map()))).join("\n")
    expect(text).toContain("why         it has not run before")
    expect(text).not.toContain("nothing else has changed")
  })

  it("that depends leads through the chain to what has to run first, and why", async () => {
    const context = world()
    const { keys } = await pretendRun(pipelineOf(stages(1)), context)
    const told = tell("grid", pipelineOf(stages(2)), context, historyOf(keys))
    expect(told).toMatchObject({
      state: "depends",
      chains: [{ root: { id: "load", reason: "n: 1 → 2" }, path: ["load", "grid"] }]
    })
    const other = tell("grid", pipelineOf(stages(1, 3)), context, historyOf(keys))
    expect(other.chains).toEqual([
      { root: { id: "noisy", reason: "sigma: 1 → 3" }, path: ["noisy", "blur", "grid"] }
    ])
    const text = storyLines(other).join("\n")
    expect(text).toContain("nothing else has changed: with equal inputs it will be known")
    expect(text).toContain("noisy → blur → grid, since noisy runs: sigma: 1 → 3")
    expect(other.key).toBeUndefined()
  })
})
