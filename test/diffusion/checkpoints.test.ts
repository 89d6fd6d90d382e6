import { assert, describe, it } from "vitest"
import {
  checkpointCount,
  chooseCheckpoints,
  labelAtCheckpoint
} from "../../src/diffusion/checkpoints.ts"
import type { Model, Models } from "../../src/values/values.ts"

const models = (...labels: ReadonlyArray<string>): Models => ({
  type: "Models",
  models: labels.map((label) => ({ label, model: { type: "Model" } as Model }))
})
const chosen = (all: Models, checkpoints: ReadonlyArray<number | string> | undefined) =>
  chooseCheckpoints(all, checkpoints).map(({ label }) => label)

describe("checkpoints", () => {
  const trained = models("epoch 1", "epoch 2", "epoch 3")

  it("are all, or those asked for, in that order and once", () => {
    assert.deepStrictEqual(chosen(trained, undefined), ["epoch 1", "epoch 2", "epoch 3"])
    assert.deepStrictEqual(chosen(trained, [3, "epoch 1"]), ["epoch 3", "epoch 1"])
    assert.deepStrictEqual(chosen(trained, [1, 3, "last"]), ["epoch 1", "epoch 3"])
    assert.deepStrictEqual(chosen(models(""), ["last"]), [""])
  })

  it("that are not there are named, with those that are", () => {
    assert.throws(() => chosen(trained, [5]), 'no checkpoint "epoch 5"')
    assert.throws(() => chosen(models(""), [1]), 'no checkpoint "epoch 1"')
  })

  it("are counted where that is clear beforehand", () => {
    assert.strictEqual(checkpointCount(undefined, 3), 3)
    assert.strictEqual(checkpointCount([1, 3, 3], 10), 2)
    assert.isUndefined(checkpointCount([1, "last"], 10))
    assert.isUndefined(checkpointCount(undefined, undefined))
  })

  it("stand before an image's label", () => {
    assert.strictEqual(labelAtCheckpoint("epoch 5", "3"), "epoch 5 · 3")
    assert.strictEqual(labelAtCheckpoint("", "3"), "3")
    assert.strictEqual(labelAtCheckpoint("epoch 5", ""), "epoch 5")
  })
})
