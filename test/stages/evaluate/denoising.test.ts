import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { compute } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { stateOf, unetOf } from "../../../src/models/model-value.ts"
import type { Metrics } from "../../../src/values/values.ts"
import { datasetImages } from "../../../src/values/dataset/images.ts"
import denoising from "../../../stages/evaluate/denoising.ts"
import metricsStage from "../../../stages/evaluate/image-metrics.ts"
import loss from "../../../stages/evaluate/loss.ts"
import { decodeParams, runStage } from "../../support/run-stage.ts"
import { randomDataset } from "../datasets.ts"
import { modelsOf, unetModel } from "../sample/models.ts"

const side = 12
const size = side * side
const dataset = randomDataset(5, side, 0)
const denoiser = (seed: number) =>
  unetModel({ time: "none", imageSize: side, seed }, { prediction: "sample" })
const model = denoiser(1)

const numbersOf = (metrics: Metrics, column: string) =>
  metrics.series.map((row) => row[column] as number)

describe("evaluate/denoising", () => {
  it("measures what the network makes of noisy images, as evaluate/image-metrics does", async () => {
    const { denoised, metrics, noisy } = await runStage(
      denoising,
      { model: modelsOf(model), dataset },
      { sigmas: [0, 0.5], shown: 5, seed: 3 }
    )
    const reference = datasetImages(dataset, [0, 1, 2, 3, 4])
    const { data } = reference
    for (const [level, sigma] of [0, 0.5].entries()) {
      const inputs = Float32Array.from({ length: 5 * size }, (_, i) => {
        const noise = normal(3, "evaluation/noise", size, Math.floor(i / size))
        return data[i]! + Math.fround(sigma * noise[i % size]!)
      })
      const outputs = compute(
        () =>
          unetOf(model).forward(stateOf(model), tf.tensor4d(inputs, [5, side, side, 1]), {
            training: false
          }).output
      )
      const images = { ...reference, data: outputs }
      const { metrics: expected } = await runStage(metricsStage, { images, reference })
      const row = metrics.series[level]!
      assert.deepStrictEqual([row["sigma"], row["images"]], [sigma, 5])
      for (const name of ["mse", "psnr", "ssim"]) {
        assert.closeTo(row[name] as number, expected.scalars[name]!, 1e-5, name)
      }
      for (let image = 0; image < 5; image++) {
        const place = (image * 2 + level) * size
        for (let i = 0; i < size; i++) {
          assert.closeTo(noisy.data[place + i]!, inputs[image * size + i]!, 1e-6)
          assert.closeTo(denoised.data[place + i]!, outputs[image * size + i]!, 1e-5)
        }
      }
    }
    assert.deepStrictEqual(noisy.labels!.slice(0, 3), ["0 σ=0", "0 σ=0.5", "1 σ=0"])
    const [first, second] = numbersOf(metrics, "mse")
    assert.closeTo(metrics.scalars["meanMse"]!, (first! + second!) / 2, 1e-12)
    assert.deepStrictEqual(Object.keys(metrics.scalars), ["meanMse", "meanPsnr", "meanSsim"])
  })

  it("tells how noisy the images were, and no PSNR of those without noise", async () => {
    const { metrics } = await runStage(
      denoising,
      { model: modelsOf(model), dataset },
      { sigmas: [0, 0.5, 1] }
    )
    const [none, half, one] = metrics.series
    assert.strictEqual(none!["noisyMse"], 0)
    assert.notProperty(none, "noisyPsnr")
    // σ² to within what 5 x 144 draws vary (four standard errors), and exactly four times as much at twice the σ.
    assert.closeTo(half!["noisyMse"] as number, 0.25, 0.25 * 4 * Math.sqrt(2 / (5 * size)))
    assert.closeTo((one!["noisyMse"] as number) / (half!["noisyMse"] as number), 4, 1e-5)
    assert.closeTo((half!["noisyPsnr"] as number) - (one!["noisyPsnr"] as number), 6.0206, 1e-3)
  })

  it("has the loss that evaluate/loss has at the same σ and seed", async () => {
    const inputs = { model: modelsOf(model), dataset }
    const { metrics } = await runStage(denoising, inputs, { sigmas: [0.5], seed: 9 })
    const evaluated = await runStage(loss, inputs, {
      objective: { kind: "denoise", sigma: 0.5 },
      seed: 9
    })
    assert.closeTo(metrics.scalars["meanMse"]!, evaluated.metrics.scalars["loss"]!, 1e-6)
  })

  it("measures every checkpoint, and the first images only", async () => {
    const { denoised, metrics, noisy } = await runStage(
      denoising,
      { model: modelsOf(denoiser(1), denoiser(2)), dataset },
      { sigmas: [0.2, 0.4], count: 3, batchSize: 2 }
    )
    assert.deepStrictEqual(
      metrics.series.map((row) => [row["checkpoint"], row["sigma"], row["images"]]),
      [
        ["epoch 1", 0.2, 3],
        ["epoch 1", 0.4, 3],
        ["epoch 2", 0.2, 3],
        ["epoch 2", 0.4, 3]
      ]
    )
    assert.deepStrictEqual(noisy.labels, ["σ=0.2", "σ=0.4"])
    assert.deepStrictEqual(denoised.labels![2], "epoch 2 · σ=0.2")
    assert.deepStrictEqual(denoised.shape, [4, side, side, 1])
    const [, , third, fourth] = numbersOf(metrics, "mse")
    assert.closeTo(metrics.scalars["meanMse"]!, (third! + fourth!) / 2, 1e-12)
    const alone = await runStage(
      denoising,
      { model: modelsOf(denoiser(2)), dataset },
      { sigmas: [0.4], count: 3 }
    )
    assert.strictEqual(alone.metrics.series[0]!["mse"], fourth)
    assert.deepStrictEqual(alone.denoised.data, denoised.data.slice(3 * size))
  })

  it("leaves out SSIM where images are too small for it", async () => {
    const small = unetModel({ time: "none" })
    const { metrics } = await runStage(
      denoising,
      { model: modelsOf(small), dataset: randomDataset(2, 8, 3) },
      { sigmas: [0.5] }
    )
    assert.notProperty(metrics.series[0], "ssim")
    assert.property(metrics.series[0], "mse")
  })

  it("says what is wrong with a model, and leaves no tensor behind", async () => {
    const failureOf = async (inputs: Parameters<typeof denoising.run>[0]["inputs"]) => {
      const failure = await runStage(denoising, inputs).catch((error: unknown) => error)
      assert.instanceOf(failure, UserError)
      return failure.message
    }
    const before = tf.memory().numTensors
    const timed = modelsOf(unetModel({ time: "add", imageSize: side }))
    assert.include(await failureOf({ model: timed, dataset }), "the model is told a time")
    const empty = randomDataset(0, side, 0)
    assert.include(await failureOf({ model: modelsOf(model), dataset: empty }), "no images")
    await runStage(denoising, { model: modelsOf(model), dataset }, { sigmas: [1] })
    assert.strictEqual(tf.memory().numTensors, before)
  })

  it("says how many images it gives out, and wants different deviations", () => {
    const bind = (params: object, dims: object) =>
      denoising.bind!(decodeParams(denoising, params), {
        dims: { ...dims },
        attributes: {},
        connected: {}
      })
    assert.deepStrictEqual(bind({ shown: 8 }, { D: 5, M: 2 }), { S: 35, L2: 70 })
    assert.deepStrictEqual(bind({}, {}), {})
    assert.throws(() => decodeParams(denoising, { sigmas: [0.5, 0.5] }), "different deviations")
  })
})
