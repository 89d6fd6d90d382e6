import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { alphaBar, linearBetas } from "../../../src/diffusion/schedule.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { compute } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { stateOf, unetOf } from "../../../src/models/model-value.ts"
import type { Model } from "../../../src/values/values.ts"
import ddpm from "../../../stages/sample/ddpm.ts"
import { runStage } from "../../support/run-stage.ts"
import { imageSize, modelsOf, unetModel } from "./models.ts"

const size = imageSize * imageSize
const scheduleOf = (steps: number) => {
  const betas = linearBetas(steps, 1e-2, 0.3)
  return { kind: "linear", betas: [...betas], alphaBar: [...alphaBar(betas)] }
}
const modelWith = (steps: number, classes = 0): Model =>
  unetModel({ time: "add", classes }, { prediction: "epsilon", schedule: scheduleOf(steps) })

const sample = (model: Model, params: object) =>
  runStage(ddpm, { model: modelsOf(model) }, { seed: 180, ...params })

describe("sample/ddpm", () => {
  it("follows algorithm 2, step by step", async () => {
    const model = modelWith(2)
    const { alphaBar: signal, betas } = model.schedule!
    const epsilonAt = (x: Float32Array, time: number) =>
      compute(() => {
        const two = tf.tensor4d([...x, ...x], [2, imageSize, imageSize, 1])
        const inputs = { time: tf.tensor1d([time, time]), training: false }
        return unetOf(model).forward(stateOf(model), two, inputs).output
      }).slice(0, size)
    const noise = normal(180, "sample noise", size, 0)
    const z = normal(180, "step noise/t=1", size, 0)
    // From t = 1 to 0, in the form of algorithm 2: (x - β/√(1 - ᾱ) ε)/√α + σ z, then from 0 without noise.
    const step = (x: Float32Array, t: number) => {
      const epsilon = epsilonAt(x, t / 2)
      const scale = betas[t]! / Math.sqrt(1 - signal[t]!)
      return x.map((value, i) => (value - scale * epsilon[i]!) / Math.sqrt(1 - betas[t]!))
    }
    const middle = step(noise, 1).map((value, i) => value + Math.sqrt(betas[1]!) * z[i]!)
    const expected = step(middle, 0)
    const { images, trajectory } = await sample(model, { count: 1, frames: 3 })
    images.data.forEach((value, i) => assert.closeTo(value, expected[i]!, 1e-5))
    trajectory.data
      .slice(size, 2 * size)
      .forEach((value, i) => assert.closeTo(value, middle[i]!, 1e-5))
    assert.deepStrictEqual(trajectory.labels, ["t=1", "t=0", "sample"])
    assert.deepStrictEqual(trajectory.data.slice(0, size), noise)
  })

  it("adds less noise with fixed-small", async () => {
    const model = modelWith(2)
    const [small, large] = [
      (await sample(model, { count: 1, variance: "fixed-small" })).images.data,
      (await sample(model, { count: 1, variance: "fixed-large" })).images.data
    ]
    assert.notDeepEqual(small, large)
  })

  it("gives sample k the same bits alone and among others", async () => {
    const model = modelWith(3, 3)
    const asked = { classes: [2], guidance: 5 }
    const many = await sample(model, { ...asked, perClass: 7 })
    for (const [perClass, batchSize] of [
      [1, 64],
      [7, 3]
    ] as const) {
      const some = await sample(model, { ...asked, perClass, batchSize })
      assert.deepStrictEqual(some.images.data, many.images.data.slice(0, perClass * size))
    }
  })

  it("is conditional at γ = 1 and unconditional at γ = 0, bit by bit", async () => {
    const model = modelWith(3, 3)
    const data = async (params: object) => (await sample(model, params)).images.data
    const asked = { classes: [2], perClass: 2 }
    assert.deepStrictEqual(await data({ ...asked, guidance: 1 }), await data(asked))
    assert.deepStrictEqual(await data({ ...asked, guidance: 0 }), await data({ count: 2 }))
  })

  it("needs a model with a schedule, and no more frames than it has states", async () => {
    const failureOf = async (model: Model, params: object) => {
      const failure = await sample(model, params).catch((error: unknown) => error)
      assert.instanceOf(failure, UserError)
      return failure.message
    }
    assert.include(await failureOf(unetModel({}), {}), "the model has no schedule")
    assert.include(await failureOf(modelWith(2), { frames: 4 }), "4 frames are more than")
  })

  it("leaves no tensor behind", async () => {
    await sample(modelWith(2, 3), { classes: "all", guidance: 2 })
    const before = tf.memory().numTensors
    await sample(modelWith(2, 3), { classes: "all", guidance: 2 })
    assert.strictEqual(tf.memory().numTensors, before)
  })
})
