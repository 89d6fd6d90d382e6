import { describe, expect, it } from "vitest"
import type { Digest } from "../../src/base/digest.ts"
import { planPipeline } from "../../src/plan/decide.ts"
import { explain, firstCause } from "../../src/plan/explain.ts"
import { idsNamed, ownerOf, partOf, readInstanceName } from "../../src/plan/instance-name.ts"
import { parallelismOf } from "../../src/plan/parallelism.ts"
import { countWholes, partNames, withParts } from "../../src/plan/parts.ts"
import type { Plan } from "../../src/plan/plan.ts"
import { matchInstances, select } from "../../src/plan/select.ts"
import { story, storyLines } from "../../src/plan/story.ts"
import { totals } from "../../src/plan/totals.ts"
import { wholeCause, wholeDecisions } from "../../src/plan/whole-decisions.ts"
import {
  contextOf,
  historyOf,
  pipelineOf,
  pretendRun,
  codeOf,
  type Stage
} from "./small-pipeline.ts"
import { temporaryProject } from "./temporary-project.ts"

const epochs = (
  rates: ReadonlyArray<number>,
  name = "train"
): { readonly [id: string]: Stage } => ({
  ...Object.fromEntries(
    rates.map((rate, index) => [
      `${name}/epoch-${index + 1}`,
      {
        uses: "train/epoch",
        params: { rate },
        in: { from: index === 0 ? "data.out" : `${name}/epoch-${index}.out` }
      }
    ])
  ),
  [name]: {
    params: { epochs: rates.length },
    in: { models: rates.map((_, index) => `${name}/epoch-${index + 1}.out`) }
  }
})
const training = (rates: ReadonlyArray<number>, data = 1): { readonly [id: string]: Stage } => ({
  data: { params: { data } },
  ...epochs(rates),
  sample: { in: { model: "train.out" } }
})

const world = () => {
  const context = contextOf(temporaryProject({}).store, {
    code: new Map([
      ["text/join", codeOf("join")],
      ["train/epoch", codeOf("epoch", { tensors: true })]
    ])
  })
  const keys = new Map<string, Digest>()
  return {
    keys,
    context,
    run: async (stages: { readonly [id: string]: Stage }) => {
      const { keys: made, ran } = await pretendRun(pipelineOf(stages), context)
      for (const [id, key] of made) keys.set(id, key)
      return ran
    },
    plan: (stages: { readonly [id: string]: Stage }, forced: ReadonlyArray<string> = []): Plan => {
      const pipeline = pipelineOf(stages)
      const named = new Set(forced.flatMap((name) => [...matchInstances(pipeline, name)]))
      const changed = { ...context, forced: withParts(pipeline.instances, named) }
      return explain(planPipeline(pipeline, changed), pipeline, changed, historyOf(keys))
    }
  }
}

const statesOf = ({ decisions }: Plan) =>
  Object.fromEntries(decisions.map(({ instance, state }) => [instance.id, state]))
const whole = (plan: Plan, id: string) => wholeDecisions(plan).find((one) => one.id === id)!

describe("keys of parts", () => {
  it("stay when parts are added after them", async () => {
    const { keys, run } = world()
    await run(training([1, 1]))
    const before = new Map(keys)
    expect(await run(training([1, 1, 1, 1]))).toEqual([
      "train/epoch-3",
      "train/epoch-4",
      "train",
      "sample"
    ])
    expect(keys.get("train/epoch-2")).toBe(before.get("train/epoch-2"))
    expect(await run(training([1, 1]))).toEqual([])
  })

  it("stay when the parameters of later ones change", async () => {
    const { run } = world()
    await run(training([1, 1, 1]))
    expect(await run(training([1, 1, 0.5]))).toEqual(["train/epoch-3", "train", "sample"])
  })
})

describe("why a part runs", () => {
  it("of one that no run has had is the part that it adds to", async () => {
    const { plan, run } = world()
    await run(training([1, 1]))
    const longer = plan(training([1, 1, 1, 1]))
    expect(statesOf(longer)).toEqual({
      data: "known",
      "train/epoch-1": "known",
      "train/epoch-2": "known",
      "train/epoch-3": "run",
      "train/epoch-4": "depends",
      train: "depends",
      sample: "depends"
    })
    expect(wholeCause(whole(longer, "train"))).toBe("from epoch-3: adds to epoch-2")
    const third = longer.decisions.find(({ instance }) => instance.part === "epoch-3")!
    expect(firstCause(third)).toBe("new: adds to epoch-2")
  })

  it("is its own parameter where that changed", async () => {
    const { plan, run } = world()
    await run(training([1, 1, 1]))
    expect(wholeCause(whole(plan(training([1, 0.5, 0.5])), "train"))).toBe(
      "from epoch-2: rate: 1 → 0.5"
    )
  })

  it("is the same part of the most similar instance, for the first part of a new point", async () => {
    const { plan, run } = world()
    const both = { ...training([1, 1]), ...epochs([2, 2], "train[rate=2]") }
    await run(training([1, 1]))
    expect(wholeCause(whole(plan(both), "train[rate=2]"))).toBe(
      "from epoch-1: new: like train/epoch-1 but rate: 1 → 2"
    )
  })

  it("is what the whole waits for, when that comes first", async () => {
    const { plan, run } = world()
    await run(training([1, 1]))
    const other = plan(training([1, 1], 2))
    expect(wholeCause(whole(other, "train"))).toBe("depends on data")
    expect(whole(other, "train").state).toBe("depends")
  })

  it("is that it was forced, alone or with its stage", async () => {
    const { plan, run } = world()
    await run(training([1, 1]))
    expect(wholeCause(whole(plan(training([1, 1]), ["train"]), "train"))).toBe(
      "from epoch-1: forced"
    )
    const one = plan(training([1, 1]), ["train/epoch-2"])
    expect(wholeCause(whole(one, "train"))).toBe("from epoch-2: forced")
    expect(statesOf(one)["train/epoch-1"]).toBe("known")
  })
})

describe("the story of a stage of parts", () => {
  const partsLine = async (
    before: ReadonlyArray<number>,
    after: ReadonlyArray<number>,
    data = 1
  ) => {
    const { context, plan, run } = world()
    if (before.length > 0) await run(training(before))
    const stages = training(after, data)
    const lines = storyLines(story("train", plan(stages), pipelineOf(stages), context))
    expect(lines.some((line) => line.includes("waits for   train/"))).toBe(false)
    return lines.find((line) => line.startsWith("  parts"))?.slice(14)
  }

  it("says which part is the first to run and why, in one line", async () => {
    expect(await partsLine([1, 1, 1], [1, 0.5, 0.5])).toBe(
      "epoch-2 is the first that runs: rate: 1 → 0.5; epoch-1 is known"
    )
    expect(await partsLine([1, 1, 1], [1, 1, 1, 1])).toBe(
      "epoch-4 is the first that runs: adds to epoch-3; epoch-1 to epoch-3 are known"
    )
    expect(await partsLine([1, 1], [1, 1], 7)).toBe(
      "epoch-1 is the first that is not known: depends on data; none of 2 is known"
    )
    expect(await partsLine([1, 1], [1, 1])).toBe("epoch-1 and epoch-2: all known")
  })

  it("of a part is like that of any instance", async () => {
    const { context, plan, run } = world()
    await run(training([1, 1]))
    const stages = training([1, 1, 1, 1])
    const lines = storyLines(story("train/epoch-4", plan(stages), pipelineOf(stages), context))
    expect(lines[0]).toBe("train/epoch-4 (train/epoch): depends on results that are not known yet")
    expect(lines.join("\n")).toContain(
      "train/epoch-3 → train/epoch-4, since train/epoch-3 runs: new: adds to epoch-2"
    )
  })
})

describe("totals", () => {
  it("count an instance with its parts as one", async () => {
    const { plan, run } = world()
    await run(training([1, 1]))
    expect(totals(plan(training([1, 1, 1])))).toMatchObject({
      instances: 3,
      known: 1,
      run: 1,
      depends: 1,
      parts: { total: 3, known: 2 },
      causes: [{ kind: "new", count: 1 }]
    })
    const { instances } = pipelineOf(training([1, 1]))
    expect(countWholes(instances)).toBe(3)
    expect(countWholes(instances.filter(({ part }) => part !== undefined))).toBe(1)
  })
})

describe("names of parts", () => {
  const pipeline = pipelineOf({
    data: {},
    "load[path=a/b]": {},
    ...Object.fromEntries(
      ["train[lr=0.5]", "train[lr=1]"].flatMap((id) => [
        [`${id}/epoch-1`, { in: { data: "data.out" } }],
        [`${id}/epoch-2`, { in: { from: `${id}/epoch-1.out` } }],
        [id, { in: { models: [`${id}/epoch-1.out`, `${id}/epoch-2.out`] } }]
      ])
    )
  })
  const all = pipeline.instances.map(({ id }) => id)

  it.each([
    ["train", ["train[lr=0.5]", "train[lr=1]"]],
    ["train[lr=1]", ["train[lr=1]"]],
    ["train/epoch-2", ["train[lr=0.5]/epoch-2", "train[lr=1]/epoch-2"]],
    ["train[lr=0.5]/epoch-2", ["train[lr=0.5]/epoch-2"]],
    [
      "train/epoch-*",
      [
        "train[lr=0.5]/epoch-1",
        "train[lr=0.5]/epoch-2",
        "train[lr=1]/epoch-1",
        "train[lr=1]/epoch-2"
      ]
    ],
    ["train[lr=1]/*-1", ["train[lr=1]/epoch-1"]],
    ["*", ["data", "load[path=a/b]", "train[lr=0.5]", "train[lr=1]"]],
    ["load[path=a/b]", ["load[path=a/b]"]],
    ["load[path=a/*]", ["load[path=a/b]"]],
    ["train/epoch-3", []]
  ])("%s means %j", (name, expected) => {
    expect(idsNamed(all, name)).toEqual(expected)
  })

  it("are read with a port, and apart from labels with slashes", () => {
    expect(readInstanceName("train[lr=0.5]/epoch-1.model")).toEqual({
      name: "train[lr=0.5]/epoch-1",
      port: "model"
    })
    expect(readInstanceName("train/epoch-1.model")).toEqual({
      name: "train/epoch-1",
      port: "model"
    })
    expect(readInstanceName("train[lr=0.5]/epoch-1")).toEqual({ name: "train[lr=0.5]/epoch-1" })
    expect([ownerOf("load[path=a/b]"), partOf("load[path=a/b]")]).toEqual([
      "load[path=a/b]",
      undefined
    ])
    expect([ownerOf("train[lr=0.5]/epoch-1"), partOf("train[lr=0.5]/epoch-1")]).toEqual([
      "train[lr=0.5]",
      "epoch-1"
    ])
  })

  it("give a hint when there is no such part", () => {
    expect(() => matchInstances(pipeline, "train/epoch-3")).toThrow(
      expect.objectContaining({ hint: "parts of train are epoch-1, epoch-2" })
    )
  })

  it("select what a part needs; and a stage selects its parts, even alone", () => {
    expect([...select(pipeline, { targets: ["train[lr=1]/epoch-2"] })].toSorted()).toEqual([
      "data",
      "train[lr=1]/epoch-1",
      "train[lr=1]/epoch-2"
    ])
    expect([...select(pipeline, { only: ["train[lr=1]"] })].toSorted()).toEqual([
      "train[lr=1]",
      "train[lr=1]/epoch-1",
      "train[lr=1]/epoch-2"
    ])
    expect([...select(pipeline, { only: ["train[lr=1]/epoch-2"] })]).toEqual([
      "train[lr=1]/epoch-2"
    ])
  })

  it("that follow each other are told as a range", () => {
    expect(partNames(["epoch-1", "look-1", "epoch-2", "look-2", "epoch-3", "epoch-5"])).toBe(
      "epoch-1 to epoch-3, epoch-5, look-1 and look-2"
    )
    expect(partNames(["a", "b"])).toBe("a and b")
  })
})

describe("parallelism", () => {
  const of = (stages: { readonly [id: string]: Stage }, seconds = {}) => {
    const { context } = world()
    const pipeline = pipelineOf(stages)
    const { decisions } = explain(
      planPipeline(pipeline, context),
      pipeline,
      context,
      historyOf(new Map(), seconds)
    )
    return parallelismOf(decisions)
  }

  it("of a training is 1, however many epochs, and though each is looked at", () => {
    expect(of(training([1, 1, 1, 1]))).toBe(1)
    const rates = [1, 1, 1, 1]
    const looks = Object.fromEntries(
      rates.map((_, index) => [
        `train/look-${index + 1}`,
        { in: { model: `train/epoch-${index + 1}.out` } }
      ])
    )
    const { train, ...parts } = epochs(rates)
    expect(of({ data: {}, ...parts, ...looks, train: train! })).toBe(1)
  })

  it("of two trainings is 2, of parts that do not wait for each other their number", () => {
    expect(of({ data: {}, ...epochs([1, 1], "train[a=1]"), ...epochs([2, 2], "train[a=2]") })).toBe(
      2
    )
    const draws = Object.fromEntries(
      [1, 2, 3, 4, 5, 6].map((n) => [`draw/${n}`, { params: { n } }])
    )
    expect(
      of({ ...draws, draw: { in: { all: Object.keys(draws).map((id) => `${id}.out`) } } })
    ).toBe(3)
    expect(of({ a: {}, b: { params: { n: 1 } }, c: { params: { n: 2 } } })).toBe(3)
    expect(of({})).toBe(1)
  })

  it("goes by the times that history tells", () => {
    const stages = { a: {}, b: { params: { n: 1 } }, c: { params: { n: 2 } } }
    expect(of(stages, { a: 100, b: 1, c: 1 })).toBe(1)
    expect(of(stages, { a: 100, b: 90, c: 1 })).toBe(2)
  })
})
