import { describe, expect, it } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { matchInstances, select, type Selection } from "../../src/plan/select.ts"
import { pipelineOf } from "./small-pipeline.ts"

/** data → train (4 points) → sample (4 points) → compare; data → look. */
const pipeline = pipelineOf({
  data: {},
  ...Object.fromEntries(
    ["a", "b"].flatMap((lr) =>
      [1, 2].flatMap((seed) => [
        [`train[lr=${lr},seed=${seed}]`, { in: { data: "data.out" } }],
        [`sample[lr=${lr},seed=${seed}]`, { in: { model: `train[lr=${lr},seed=${seed}].out` } }]
      ])
    )
  ),
  compare: { in: { images: ["sample[lr=a,seed=1].out", "sample[lr=b,seed=1].out"] } },
  look: { in: { data: "data.out" } }
})

const selected = (selection: Selection) => [...select(pipeline, selection)].toSorted()
const all = pipeline.instances.map(({ id }) => id).toSorted()

describe("select", () => {
  it("takes all when nothing is asked for", () => {
    expect(selected({})).toEqual(all)
  })

  it("takes targets and all that they need", () => {
    expect(selected({ targets: ["look"] })).toEqual(["data", "look"])
    expect(selected({ targets: ["compare", "look"] })).toEqual([
      "compare",
      "data",
      "look",
      "sample[lr=a,seed=1]",
      "sample[lr=b,seed=1]",
      "train[lr=a,seed=1]",
      "train[lr=b,seed=1]"
    ])
  })

  it("takes from a stage all that follows, and what that needs", () => {
    expect(selected({ from: ["train[lr=a,seed=1]"] })).toEqual([
      "compare",
      "data",
      "sample[lr=a,seed=1]",
      "sample[lr=b,seed=1]",
      "train[lr=a,seed=1]",
      "train[lr=b,seed=1]"
    ])
    expect(selected({ from: ["data"] })).toEqual(all)
  })

  it("takes the way from the ones to the others", () => {
    expect(selected({ from: ["train[lr=a,seed=2]"], targets: ["sample"] })).toEqual([
      "data",
      "sample[lr=a,seed=2]",
      "train[lr=a,seed=2]"
    ])
    expect(() => select(pipeline, { from: ["look"], targets: ["compare"] })).toThrow(
      "nothing leads from look to compare"
    )
  })

  it("takes exactly what --only names, and combines it with nothing", () => {
    expect(selected({ only: ["train", "look"] })).toHaveLength(5)
    expect(() => select(pipeline, { only: ["look"], targets: ["data"] })).toThrow(UserError)
    expect(() => select(pipeline, { only: ["look"], from: ["data"] })).toThrow(UserError)
  })
})

describe("a name", () => {
  it.each([
    ["data", ["data"]],
    [
      "train",
      ["train[lr=a,seed=1]", "train[lr=a,seed=2]", "train[lr=b,seed=1]", "train[lr=b,seed=2]"]
    ],
    ["train[lr=a,seed=1]", ["train[lr=a,seed=1]"]],
    ["train[seed=1]", ["train[lr=a,seed=1]", "train[lr=b,seed=1]"]],
    ["train[seed=1, lr=b]", ["train[lr=b,seed=1]"]],
    [
      "*[lr=a,seed=?]",
      ["sample[lr=a,seed=1]", "sample[lr=a,seed=2]", "train[lr=a,seed=1]", "train[lr=a,seed=2]"]
    ],
    ["co*", ["compare"]],
    ["l??k", ["look"]]
  ])("%s means %j", (name, ids) => {
    expect([...matchInstances(pipeline, name)].toSorted()).toEqual(ids)
  })

  it.each([
    ["trian", "did you mean train?"],
    [
      "train[lr=a,seed=3]",
      "instances of train are train[lr=a,seed=1], train[lr=a,seed=2], train[lr=b,seed=1], train[lr=b,seed=2]"
    ],
    ["completely-different", "its stages are data, train, sample, compare, look"],
    ["x*", "its stages are data, train, sample, compare, look"],
    [
      "train[lr=c]",
      "instances of train are train[lr=a,seed=1], train[lr=a,seed=2], train[lr=b,seed=1], train[lr=b,seed=2]"
    ]
  ])("%s means nothing, and gives a hint", (name, hint) => {
    try {
      matchInstances(pipeline, name)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(UserError)
      expect(error).toMatchObject({ message: `small has no stage ${name}`, hint })
    }
  })
})
