import { rmSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { sha256 } from "../../src/base/digest.ts"
import { UserError } from "../../src/base/user-error.ts"
import type { CheckedPipeline } from "../../src/language/pipeline.ts"
import { decide, type PlanContext, planPipeline } from "../../src/plan/decide.ts"
import type { Store } from "../../src/store/store.ts"
import { codeOf, contextOf, pipelineOf, pretendRun } from "./small-pipeline.ts"
import { temporaryProject } from "./temporary-project.ts"

/** a → b → d, a → c → d, and e by itself. */
const diamond = pipelineOf({
  a: { params: { seed: 1 } },
  b: { in: { text: "a.out" }, uses: "text/upper" },
  c: { in: { text: "a.out" }, params: { side: "right" } },
  d: { in: { texts: ["b.out", "c.out"] } },
  e: {}
})

const code = new Map([
  ["text/join", codeOf("join")],
  ["text/upper", codeOf("upper")]
])

const contextWith = (changes: Partial<PlanContext> = {}): PlanContext =>
  contextOf(temporaryProject({}).store, { code, ...changes })

const states = (pipeline: CheckedPipeline, context: PlanContext, selection?: ReadonlySet<string>) =>
  Object.fromEntries(
    planPipeline(pipeline, context, selection).decisions.map(({ instance, state }) => [
      instance.id,
      state
    ])
  )

const withParams = (
  id: string,
  params: { readonly [name: string]: string | number }
): CheckedPipeline => ({
  ...diamond,
  instances: diamond.instances.map((instance) =>
    instance.id === id ? { ...instance, params } : instance
  )
})

const loseBlobOf = (store: Store, context: PlanContext, id: string, which: number) => {
  const found = planPipeline(diamond, context).decisions.find(({ instance }) => instance.id === id)
  if (found?.state !== "known") throw new Error(`${id} is not known`)
  const blob = store.actions.get(found.key)?.blobs[which]
  if (blob === undefined) throw new Error(`${id} has no blob ${which}`)
  rmSync(store.blobs.path(blob), { force: true })
}

describe("a plan", () => {
  it("of nothing known runs what has no inputs, and waits with the rest", () => {
    const plan = planPipeline(diamond, contextWith())
    expect(plan.decisions.map(({ state }) => state)).toEqual([
      "run",
      "depends",
      "depends",
      "depends",
      "run"
    ])
    expect(plan.decisions[3]).toMatchObject({ on: ["b", "c"] })
  })

  it("of everything known has keys and outputs", async () => {
    const context = contextWith()
    const { keys, ran } = await pretendRun(diamond, context)
    expect(ran).toEqual(["a", "b", "c", "d", "e"])
    const { decisions } = planPipeline(diamond, context)
    expect(decisions.map(({ state }) => state)).toEqual([
      "known",
      "known",
      "known",
      "known",
      "known"
    ])
    for (const decision of decisions) {
      expect(decision).toMatchObject({
        key: keys.get(decision.instance.id),
        outputs: { out: { type: "Table" } }
      })
    }
  })

  it("runs an instance with other parameters, and waits with what reads it", async () => {
    const context = contextWith()
    await pretendRun(diamond, context)
    expect(states(withParams("c", { side: "left" }), context)).toEqual({
      a: "known",
      b: "known",
      c: "run",
      d: "depends",
      e: "known"
    })
  })

  it("runs instances of other code only", async () => {
    const context = contextWith()
    await pretendRun(diamond, context)
    const changed = { ...context, code: new Map([...code, ["text/upper", codeOf("other")]]) }
    expect(states(diamond, changed)).toEqual({
      a: "known",
      b: "run",
      c: "known",
      d: "depends",
      e: "known"
    })
  })

  it("runs instances whose file has other content", async () => {
    const pipeline = pipelineOf({
      load: { files: { path: "a.png" } },
      other: { files: { path: "b.png" } }
    })
    const context = contextWith()
    await pretendRun(pipeline, context)
    const fileDigest = (path: string) => sha256(path === "a.png" ? "new" : `content of ${path}`)
    expect(states(pipeline, { ...context, fileDigest })).toEqual({ load: "run", other: "known" })
  })

  it("hashes each file once", () => {
    const pipeline = pipelineOf({
      one: { files: { path: "a.png" } },
      two: { files: { path: "a.png" }, params: { n: 2 } }
    })
    const asked: Array<string> = []
    planPipeline(pipeline, contextWith({ fileDigest: (path) => (asked.push(path), sha256(path)) }))
    expect(asked).toEqual(["a.png"])
  })

  it("cuts off early where a changed stage gives the same content", async () => {
    const context = contextWith()
    await pretendRun(diamond, context, ({ id }) => id)
    const changed = { ...context, code: new Map([...code, ["text/upper", codeOf("other")]]) }
    const { ran } = await pretendRun(diamond, changed, ({ id }) => id)
    expect(ran).toEqual(["b"])
    expect(new Set(Object.values(states(diamond, changed)))).toEqual(new Set(["known"]))
  })

  it("runs again what has lost a blob, and waits with all that follows", async () => {
    for (const which of [0, 1]) {
      const context = contextWith()
      await pretendRun(diamond, context)
      loseBlobOf(context.store, context, "a", which)
      expect(states(diamond, context)).toEqual({
        a: "run",
        b: "depends",
        c: "depends",
        d: "depends",
        e: "known"
      })
      const { ran } = await pretendRun(diamond, context)
      expect(ran).toEqual(["a"])
    }
  })

  it("asks for all blobs at once", async () => {
    const context = contextWith()
    await pretendRun(diamond, context)
    let asked = 0
    const blobs = {
      ...context.store.blobs,
      missing: (digests: Parameters<typeof context.store.blobs.missing>[0]) => {
        asked += 1
        return context.store.blobs.missing(digests)
      }
    }
    planPipeline(diamond, { ...context, store: { ...context.store, blobs } })
    expect(asked).toBe(1)
  })

  it("runs what is forced, though known, and waits with what reads it", async () => {
    const context = contextWith()
    await pretendRun(diamond, context)
    expect(states(diamond, { ...context, forced: new Set(["b"]) })).toEqual({
      a: "known",
      b: "run",
      c: "known",
      d: "depends",
      e: "known"
    })
  })

  it("runs again a result that lacks an output of the stage", async () => {
    const context = contextWith()
    await pretendRun(diamond, context)
    const more = {
      ...diamond,
      instances: diamond.instances.map((instance) => ({
        ...instance,
        outputs: { out: "Table", preview: "File" }
      }))
    }
    expect(states(more, context)).toMatchObject({ a: "run", e: "run" })
  })

  it("decides only what is selected", async () => {
    const context = contextWith()
    await pretendRun(diamond, context)
    expect(states(diamond, context, new Set(["d"]))).toEqual({ d: "known" })
    expect(states(withParams("d", { n: 1 }), context, new Set(["d"]))).toEqual({ d: "run" })
  })

  it("refuses to run an instance alone whose inputs are not known", () => {
    const plan = () => planPipeline(diamond, contextWith(), new Set(["d"]))
    expect(plan).toThrow(UserError)
    expect(plan).toThrow(
      "d alone cannot run: it reads b and 1 more, whose result is not in the store"
    )
  })

  it("does not ask for the key of what is not selected or needed", () => {
    const pipeline = pipelineOf({ a: {}, bad: { files: { path: "unreadable" } } })
    const fileDigest = () => {
      throw new UserError("unreadable")
    }
    expect(states(pipeline, contextWith({ fileDigest }), new Set(["a"]))).toEqual({ a: "run" })
  })
})

describe("one decision", () => {
  it("agrees with the plan, also about a lost blob", async () => {
    const context = contextWith()
    await pretendRun(diamond, context)
    loseBlobOf(context.store, context, "e", 1)
    const plan = planPipeline(diamond, context)
    const outputs = new Map(
      plan.decisions.map((decision) => [
        decision.instance.id,
        decision.state === "known" ? decision.outputs : undefined
      ])
    )
    for (const decision of plan.decisions) {
      const alone = decide(decision.instance, (id) => outputs.get(id), context)
      expect(alone.state).toBe(decision.state)
      if (alone.state !== "depends") expect(decision).toMatchObject({ key: alone.key })
    }
  })
})
