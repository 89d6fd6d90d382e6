import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import type { Model, Models } from "../../../src/values/values.ts"
import loss from "../../../stages/evaluate/loss.ts"
import { checkStage, runStage } from "../../support/run-stage.ts"
import { bars, smallClassifier, smallUNet } from "../../training/data.ts"

const dataset = bars(30, { grain: 10 })
const models = (...list: ReadonlyArray<Model>): Models => ({
  type: "Models",
  models: list.map((model, index) => ({ label: `epoch ${index + 1}`, model }))
})
const one = smallUNet({ time: "add", classes: 2 })
const evaluate = (model: Models, objective: object, more: object = {}) =>
  runStage(loss, { model, dataset }, { objective, seed: 1, ...more })
const flow = { kind: "flow-matching" }

describe("evaluate/loss", () => {
  it("has a row a checkpoint, each as when it is alone, and the last one's scalars", async () => {
    const changed: Model = {
      ...one,
      weights: {
        ...one.weights,
        "output.bias": { shape: [1], data: Float32Array.of(5) }
      }
    }
    const { metrics } = await evaluate(models(one, changed), flow)
    const [first, second] = metrics.series
    assert.deepStrictEqual(
      metrics.series.map(({ checkpoint }) => checkpoint),
      ["epoch 1", "epoch 2"]
    )
    assert.isAbove(Number(second!["loss"]), Number(first!["loss"]) + 10)
    assert.deepStrictEqual(metrics.scalars, { loss: Number(second!["loss"]) })
    const alone = await evaluate(models(one), flow)
    assert.strictEqual(alone.metrics.scalars["loss"], Number(first!["loss"]))
  })
  it("reports images over all checkpoints", async () => {
    const reported: Array<unknown> = []
    await runStage(
      loss,
      { model: models(one, one), dataset },
      { objective: flow, batchSize: 20 },
      {
        progress: (...report) => reported.push(report)
      }
    )
    assert.deepStrictEqual(
      reported,
      [20, 30, 50, 60].map((done) => [done, 60, "images"])
    )
  })
  it("tells the accuracy of a classifier", async () => {
    const { metrics } = await evaluate(models(smallClassifier()), { kind: "classify" })
    assert.deepStrictEqual(Object.keys(metrics.scalars), ["loss", "accuracy"])
  })
  it("denoises", async () => {
    const small = await evaluate(models(smallUNet()), { kind: "denoise", sigma: 0.01 })
    assert.isFinite(small.metrics.scalars["loss"])
  })
  it("wants to know the schedule of a diffusion model", async () => {
    const error: unknown = await evaluate(models(one), { kind: "ddpm" }).catch((e: unknown) => e)
    assert.instanceOf(error, UserError)
    assert.include(error.message, "noise schedule")
  })
  it("finds an objective that the model was not trained for", () => {
    const known = { attributes: { P: "epsilon" }, dims: { K: 2, L: 2 } }
    const [issue] = checkStage(loss, { objective: flow }, known)
    assert.deepStrictEqual(issue!.path, ["objective", "kind"])
    assert.deepStrictEqual(checkStage(loss, { objective: { kind: "ddpm" } }, known), [])
    const denoise = { objective: { kind: "denoise", sigma: [2, 1] } }
    assert.deepStrictEqual(checkStage(loss, denoise)[0]!.path, ["objective", "sigma"])
    const few = { attributes: {}, dims: { K: 10, L: 2 } }
    assert.include(checkStage(loss, { objective: flow }, few)[0]!.message, "10 classes")
  })
})
