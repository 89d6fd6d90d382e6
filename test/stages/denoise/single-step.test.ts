import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { compute } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { stateOf, unetOf } from "../../../src/models/model-value.ts"
import type { Images } from "../../../src/values/values.ts"
import singleStep from "../../../stages/denoise/single-step.ts"
import { runStage } from "../../support/run-stage.ts"
import { imageSize, modelsOf, unetModel } from "../sample/models.ts"

const size = imageSize * imageSize
const noisy = (count: number, labels?: ReadonlyArray<string>): Images => ({
  type: "Images",
  shape: [count, imageSize, imageSize, 1],
  range: "[0,1]",
  data: normal(1, "noisy", count * size),
  ...(labels === undefined ? {} : { labels })
})
const denoiser = (seed: number, classes = 0) =>
  unetModel({ time: "none", seed, classes }, { prediction: "sample" })

describe("denoise/single-step", () => {
  it("is one pass of the network over the images", async () => {
    const model = denoiser(1)
    const { images } = await runStage(singleStep, { model: modelsOf(model), images: noisy(3) })
    const expected = compute(() => {
      const x = tf.tensor4d(noisy(3).data, [3, imageSize, imageSize, 1])
      return unetOf(model).forward(stateOf(model), x, { training: false }).output
    })
    images.data.forEach((value, i) => assert.closeTo(value, expected[i]!, 1e-6))
    assert.isUndefined(images.labels)
  })

  it("gives an image the same bits alone and among others", async () => {
    const inputs = { model: modelsOf(denoiser(1)), images: noisy(7) }
    const all = await runStage(singleStep, inputs)
    const some = await runStage(singleStep, inputs, { batchSize: 3 })
    assert.deepStrictEqual(some.images.data, all.images.data)
    const alone = await runStage(singleStep, { ...inputs, images: noisy(1) })
    assert.deepStrictEqual(alone.images.data, all.images.data.slice(0, size))
  })

  it("asks every checkpoint, and labels what they say", async () => {
    const model = modelsOf(denoiser(1), denoiser(2, 3))
    const labelled = noisy(2, ["σ=0.5", "σ=1"])
    const before = tf.memory().numTensors
    const { images } = await runStage(singleStep, { model, images: labelled })
    assert.strictEqual(tf.memory().numTensors, before)
    assert.deepStrictEqual(images.shape, [4, imageSize, imageSize, 1])
    assert.strictEqual(
      images.labels!.join(),
      "epoch 1 · σ=0.5,epoch 1 · σ=1,epoch 2 · σ=0.5,epoch 2 · σ=1"
    )
    const second = await runStage(singleStep, { model, images: labelled }, { checkpoints: [2] })
    assert.deepStrictEqual(second.images.data, images.data.slice(2 * size))
  })

  it("refuses a network that is told a time", async () => {
    const model = modelsOf(unetModel({ time: "add" }))
    const failure = await runStage(singleStep, { model, images: noisy(1) }).catch(
      (error: unknown) => error
    )
    assert.instanceOf(failure, UserError)
    assert.include(failure.message, "told a time")
  })
})
