import { describe, expect, it } from "vitest"
import { type Digest, sha256 } from "../../src/base/digest.ts"
import type { CheckedPipeline } from "../../src/language/pipeline.ts"
import { type PlanContext, planPipeline } from "../../src/plan/decide.ts"
import { explain, firstCause } from "../../src/plan/explain.ts"
import type { Cause, Decision } from "../../src/plan/plan.ts"
import {
  codeOf,
  contextOf,
  historyOf,
  pipelineOf,
  pretendRun,
  type Stage
} from "./small-pipeline.ts"
import { temporaryProject } from "./temporary-project.ts"

interface World {
  readonly context: PlanContext
  /** Runs the pipeline, so that it is history. */
  readonly run: (
    stages: { readonly [id: string]: Stage },
    changes?: Partial<PlanContext>,
    contentOf?: Parameters<typeof pretendRun>[2]
  ) => Promise<void>
  readonly plan: (
    stages: { readonly [id: string]: Stage },
    changes?: Partial<PlanContext>
  ) => { readonly [id: string]: Decision }
}

const world = (): World => {
  const { store } = temporaryProject({})
  const described = [codeOf("join"), codeOf("upper"), codeOf("blur", { tensors: true })]
  for (const code of described) store.code.put(code)
  const code = new Map(
    ["text/join", "text/upper", "image/blur"].map((uses, index) => [uses, described[index]!])
  )
  const context = contextOf(store, { code })
  const keys = new Map<string, Digest>()
  return {
    context,
    run: async (stages, changes, contentOf) => {
      const ran = await pretendRun(pipelineOf(stages), { ...context, ...changes }, contentOf)
      for (const [id, key] of ran.keys) keys.set(id, key)
    },
    plan: (stages, changes) => {
      const pipeline: CheckedPipeline = pipelineOf(stages)
      const changed = { ...context, ...changes }
      const plan = explain(planPipeline(pipeline, changed), pipeline, changed, historyOf(keys))
      return Object.fromEntries(plan.decisions.map((decision) => [decision.instance.id, decision]))
    }
  }
}

const causesOf = (decision: Decision | undefined): ReadonlyArray<Cause> => {
  if (decision === undefined || decision.state === "known") throw new Error("known")
  return decision.causes
}

const lineOf = (decision: Decision | undefined): string => {
  if (decision === undefined) throw new Error("no decision")
  return firstCause(decision)
}

/** The one line about stage `s`, which ran as `before` and is planned as `after`. */
const lineAcross = async (before: Stage, after: Stage, changes: Partial<PlanContext> = {}) => {
  const { plan, run } = world()
  await run({ a: { params: { n: 1 } }, b: { params: { n: 2 } }, s: before })
  return lineOf(plan({ a: { params: { n: 1 } }, b: { params: { n: 2 } }, s: after }, changes)["s"])
}

describe("the first cause", () => {
  it("of a parameter names its path, and shows both values short", async () => {
    const across = (before: Stage["params"], after: Stage["params"]) =>
      lineAcross({ params: before ?? {} }, { params: after ?? {} })
    expect(await across({ learningRate: 1e-2 }, { learningRate: 1e-4 })).toBe(
      "learningRate: 1e-2 → 1e-4"
    )
    expect(await across({ p: 0.05 }, { p: 0.1 })).toBe("p: 0.05 → 0.1")
    expect(await across({ epochs: 10 }, { epochs: 1000 })).toBe("epochs: 10 → 1000")
    expect(
      await across({ unet: { channels: 64, classes: 10 } }, { unet: { channels: 32, classes: 10 } })
    ).toBe("unet.channels: 64 → 32")
    expect(await across({ t: [1, 2, 3] }, { t: [1, 2, 4] })).toBe("t[2]: 3 → 4")
    expect(await across({ t: [1, 2, 3] }, { t: [1, 2] })).toBe("t: [1, 2, 3] → [1, 2]")
    expect(await across({ t: [1, 2, 3] }, { t: [4, 5, 6] })).toBe("t: [1, 2, 3] → [4, 5, 6]")
    expect(await across({ blocks: [{ width: 1 }] }, { blocks: [{ width: 2 }] })).toBe(
      "blocks[0].width: 1 → 2"
    )
    expect(await across({}, { eta: 0.5 })).toBe("eta: not set → 0.5")
    expect(await across({ eta: null, x: 1 }, { x: 1 })).toBe("eta: null → not set")
    expect(await across({ kind: "constant" }, { kind: { name: "a b" } })).toBe(
      'kind: constant → { name: "a b" }'
    )
    expect(await across({ text: "x" }, { text: "long ".repeat(50) })).toMatch(
      /^text: x → "long (long )+l?o?n?g?…$/
    )
  })

  it("counts further differences", async () => {
    expect(
      await lineAcross({ params: { a: 1, b: 2, c: 3 } }, { params: { a: 2, b: 3, c: 4 } })
    ).toBe("a: 1 → 2 (and 2 more)")
  })

  it("of code names the module", async () => {
    const { context, plan, run } = world()
    await run({ s: {} })
    const changed = codeOf("changed")
    const code = new Map([...context.code, ["text/join", changed]])
    context.store.code.put(changed)
    expect(lineOf(plan({ s: {} }, { code })["s"])).toBe("code: stages/text/join.ts")
  })

  it("of code names the stage's own file before others, and packages with their versions", async () => {
    const { context, plan, run } = world()
    const old = codeOf("1", {
      modules: {
        "src/a.ts": sha256("a"),
        "src/gone.ts": sha256("g"),
        "stages/text/join.ts": sha256("j")
      },
      packages: { effect: "4.1.0", sharp: "1.0.0" }
    })
    const now = codeOf("2", {
      modules: { "src/a.ts": sha256("A"), "stages/text/join.ts": sha256("J") },
      packages: { effect: "4.2.0", sharp: "1.0.0", yaml: "2.0.0" }
    })
    for (const code of [old, now]) context.store.code.put(code)
    const codeMap = (code: typeof old) => ({
      code: new Map([...context.code, ["text/join", code]])
    })
    await run({ s: {} }, codeMap(old))
    const { s } = plan({ s: {} }, codeMap(now))
    expect(causesOf(s)).toEqual([
      { kind: "code", files: ["stages/text/join.ts", "src/a.ts", "src/gone.ts"] },
      { kind: "package", name: "effect", before: "4.1.0", after: "4.2.0" },
      { kind: "package", name: "yaml", before: "not used", after: "2.0.0" }
    ])
    expect(lineOf(s)).toBe("code: stages/text/join.ts and 2 more (and 2 more)")
    const packageOnly = codeOf("3", {
      ...old,
      fingerprint: sha256("3"),
      packages: { ...old.packages, effect: "4.2.0" }
    })
    context.store.code.put(packageOnly)
    expect(lineOf(plan({ s: {} }, codeMap(packageOnly))["s"])).toBe("package effect: 4.1.0 → 4.2.0")
  })

  it("of code whose old description is gone is still the code", async () => {
    const { context, plan, run } = world()
    await run({ s: {} }, { code: new Map([["text/join", codeOf("never described")]]) })
    expect(lineOf(plan({ s: {} }, { code: context.code })["s"])).toBe("code changed")
  })

  it("of an input says what changed and where it comes from", async () => {
    expect(await lineAcross({ in: { image: "a.out" } }, { in: { image: "b.out" } })).toBe(
      "input image: content changed, from b"
    )
    expect(await lineAcross({}, { in: { image: "a.out" } })).toBe(
      "input image: newly connected, from a"
    )
    expect(await lineAcross({ in: { image: "a.out" } }, { params: {} })).toBe(
      "input image: no longer connected"
    )
    expect(await lineAcross({ in: { all: ["a.out"] } }, { in: { all: ["a.out", "b.out"] } })).toBe(
      "input all: added b.out, from b"
    )
    expect(await lineAcross({ in: { all: ["a.out", "b.out"] } }, { in: { all: ["b.out"] } })).toBe(
      "input all: removed a.out"
    )
    expect(
      await lineAcross({ in: { all: ["a.out", "b.out"] } }, { in: { all: ["b.out", "a.out"] } })
    ).toBe("input all: order changed")
  })

  it("of one of several values names the instance that it comes from", async () => {
    const { plan, run } = world()
    const stages = (n: number) => ({
      a: {},
      b: { params: { n } },
      s: { in: { all: ["a.out", "b.out"] } }
    })
    await run(stages(1))
    // b has run with other parameters and other content, s has not run since.
    await run({ b: { params: { n: 2 } } })
    expect(lineOf(plan(stages(2))["s"])).toBe("input all: content changed, from b")
  })

  it("of a file names the parameter and the file", async () => {
    const fileDigest = (path: string) => sha256(`new content of ${path}`)
    expect(
      await lineAcross(
        { files: { image: "pic.png" } },
        { files: { image: "pic.png" } },
        { fileDigest }
      )
    ).toBe("input image: content changed (pic.png)")
    expect(await lineAcross({}, { files: { mask: "m.png" } })).toBe("mask: not set → m.png")
    expect(await lineAcross({ files: { mask: "m.png" } }, { files: {} })).toBe(
      "mask: a file → not set"
    )
  })

  it("of another stage type or another engine says so", async () => {
    expect(await lineAcross({}, { uses: "text/upper" })).toBe("uses: text/join → text/upper")
    expect(
      await lineAcross({ uses: "image/blur" }, { uses: "image/blur" }, { numerics: "engine@2" })
    ).toBe("engine: engine@1 → engine@2")
  })

  it("of what is forced is that, before any difference", async () => {
    const forced = new Set(["s"])
    expect(await lineAcross({}, {}, { forced })).toBe("forced")
    expect(await lineAcross({ params: { a: 1 } }, { params: { a: 2 } }, { forced })).toBe(
      "forced (and 1 more)"
    )
  })

  it("of what never ran is that, with the most similar instance that did", async () => {
    const { plan, run } = world()
    expect(lineOf(plan({ s: {} })["s"])).toBe("new")
    await run({
      "train[lr=a]": { params: { learningRate: 1e-2, seed: 1 } },
      "train[lr=b]": { params: { learningRate: 5, seed: 2 } }
    })
    const stages = {
      "train[lr=a]": { params: { learningRate: 1e-2, seed: 1 } },
      "train[lr=b]": { params: { learningRate: 5, seed: 2 } },
      "train[lr=c]": { params: { learningRate: 1e-4, seed: 1 } }
    }
    expect(lineOf(plan(stages)["train[lr=c]"])).toBe(
      "new: like train[lr=a] but learningRate: 1e-2 → 1e-4"
    )
  })

  it("of a stage's first matrix compares with the stage before it had one", async () => {
    const { plan, run } = world()
    await run({ train: { params: { seed: 1 } } })
    expect(lineOf(plan({ "train[seed=2]": { params: { seed: 2 } } })["train[seed=2]"])).toBe(
      "new: like train but seed: 1 → 2"
    )
  })

  it("of what was collected by gc, or lost a blob, is the loss", async () => {
    const { context, plan, run } = world()
    await run({ s: {} })
    const { s } = plan({ s: {} })
    if (s?.state !== "known") throw new Error("s is not known")
    const { rmSync } = await import("node:fs")
    const blobs = context.store.actions.get(s.key)?.blobs ?? []
    const content = blobs.find((blob) => blob !== s.outputs["out"]?.digest)
    rmSync(context.store.blobs.path(content!), { force: true })
    expect(lineOf(plan({ s: {} })["s"])).toBe("a part of its result is no longer in the store")
    rmSync(context.store.blobs.path(s.outputs["out"]!.digest), { force: true })
    expect(lineOf(plan({ s: {} })["s"])).toBe("its output out is no longer in the store")
    context.store.actions.remove(s.key)
    expect(lineOf(plan({ s: {} })["s"])).toBe("its result is no longer in the store")
    expect(lineOf(plan({ s: { params: { n: 1 } } })["s"])).toBe(
      "the result that it had before is no longer in the store"
    )
  })
})

describe("what depends on results that are not known", () => {
  const stages = (n: number, more: Stage = {}) => ({
    a: { params: { n } },
    b: { in: { text: "a.out" }, ...more }
  })

  it("has no cause of its own where only its inputs may change", async () => {
    const { plan, run } = world()
    await run(stages(1))
    const { b } = plan(stages(2))
    expect(causesOf(b)).toEqual([])
    expect(lineOf(b)).toBe("depends on a")
  })

  it("has the causes that are certain already", async () => {
    const { plan, run } = world()
    await run(stages(1, { params: { x: 1 } }))
    expect(lineOf(plan(stages(2, { params: { x: 2 } }))["b"])).toBe("x: 1 → 2")
    const newPort = stages(2, { in: { text: "a.out", more: "a.out" }, params: { x: 1 } })
    expect(lineOf(plan(newPort)["b"])).toBe("input more: newly connected, from a")
    expect(lineOf(plan(stages(2, { params: { x: 1 } }), { forced: new Set(["b"]) })["b"])).toBe(
      "forced"
    )
  })

  it("that never ran has none, for an equal action may be known", async () => {
    const { plan } = world()
    expect(causesOf(plan(stages(1))["b"])).toEqual([])
  })
})

it("explains nothing, and asks no history, when everything is known", async () => {
  const { store } = temporaryProject({})
  const context = contextOf(store)
  const pipeline = pipelineOf({ a: {}, b: { in: { text: "a.out" } } })
  await pretendRun(pipeline, context)
  const plan = planPipeline(pipeline, context)
  const history = {
    latest: () => {
      throw new Error("asked")
    },
    expectedSeconds: () => {
      throw new Error("asked")
    }
  }
  expect(explain(plan, pipeline, context, history)).toBe(plan)
})
