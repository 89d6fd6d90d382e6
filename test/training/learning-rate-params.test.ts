import { assert, describe, it } from "vitest"
import { Schema } from "effect"
import { learningRateIssues, LearningRateParam } from "../../src/training/learning-rate-params.ts"

const decode = (value: unknown) =>
  Schema.decodeUnknownSync(LearningRateParam, { errors: "all", onExcessProperty: "error" })(value)
const issues = (value: unknown, run: { epochs?: number; stepsPerEpoch?: number } = {}) =>
  learningRateIssues(decode(value), { epochs: 4, ...run })

describe("the parameter learningRate", () => {
  it("is a number, or a schedule with its defaults", () => {
    assert.strictEqual(decode(1e-3), 1e-3)
    assert.deepStrictEqual(decode({ kind: "cosine", initial: 1 }), {
      kind: "cosine",
      initial: 1,
      final: 0,
      every: "epoch"
    })
    const warmup = decode({ kind: "constant", value: 1, warmup: { steps: 3 } })
    assert.deepStrictEqual(warmup, { kind: "constant", value: 1, warmup: { steps: 3, from: 0 } })
  })
  it.each([
    0,
    -1e-3,
    "fast",
    { kind: "linear" },
    { kind: "constant" },
    { kind: "constant", value: -1 },
    { kind: "exponential", initial: 1, factor: 0 },
    { kind: "exponential", initial: 1, factor: 0.5, every: "batch" },
    { kind: "cosine", initial: 1, final: -1 },
    { kind: "cosine", initial: 1, epochs: 0 },
    { kind: "piecewise", values: [] },
    { kind: "piecewise", values: [1, -1], epochs: [2] },
    { kind: "piecewise", values: [1], epochs: [1.5] },
    { kind: "constant", value: 1, warmup: { steps: 0 } },
    { kind: "constant", value: 1, warmup: { steps: 1, from: -1 } }
  ])("refuses %j", (value) => {
    assert.throws(() => decode(value))
  })
})

describe("what is wrong with a schedule", () => {
  it("is nothing for those that are right", () => {
    for (const value of [
      1e-3,
      { kind: "exponential", initial: 1, factorOverRun: 0.1 },
      { kind: "cosine", initial: 1 },
      { kind: "piecewise", values: [1, 2], epochs: [2] }
    ]) {
      assert.deepStrictEqual(issues(value), [])
    }
    const stepped = { kind: "piecewise", values: [1, 2], steps: [20], warmup: { steps: 5 } }
    assert.deepStrictEqual(issues(stepped, { stepsPerEpoch: 10 }), [])
  })
  it.each([
    [{ kind: "exponential", initial: 1 }, [], "neither factor nor factorOverRun is given"],
    [
      { kind: "exponential", initial: 1, factor: 1, factorOverRun: 1 },
      [],
      "both factor and factorOverRun are given"
    ],
    [{ kind: "cosine", initial: 1, epochs: 2, steps: 3 }, ["steps"], "both given"],
    [{ kind: "piecewise", values: [1, 2], epochs: [1], steps: [1] }, ["steps"], "both given"],
    [{ kind: "piecewise", values: [1, 2, 3], epochs: [1] }, ["values"], "not 3 and 1"],
    [{ kind: "piecewise", values: [1, 2] }, ["values"], "not 2 and 0"],
    [{ kind: "piecewise", values: [1, 2, 3], epochs: [2, 2] }, ["epochs", 1], "must rise"],
    [{ kind: "constant", value: 1, warmup: {} }, ["warmup"], "a length in epochs or in steps"],
    [{ kind: "cosine", initial: 1, epochs: 2 }, [], "epoch 3 would be trained with a rate of 0"]
  ] as const)("%j", (value, path, message) => {
    const [issue, ...others] = issues(value)
    assert.strictEqual(others.length, 0)
    assert.deepStrictEqual(issue!.path, path)
    assert.include(issue!.message, message)
  })
  it("is that it changes within epochs of unknown length", () => {
    for (const value of [
      { kind: "exponential", initial: 1, factor: 0.9, every: "step" },
      { kind: "constant", value: 1, warmup: { epochs: 1 } },
      { kind: "cosine", initial: 1, steps: 100 }
    ]) {
      const [issue] = issues(value)
      assert.include(issue!.message, "how many steps an epoch has is not known")
      assert.include(issue!.hint!, "dataset/subset")
      assert.deepStrictEqual(issues(value, { stepsPerEpoch: 25 }), [])
    }
  })
})
