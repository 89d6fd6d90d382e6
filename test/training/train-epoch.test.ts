import { assert, describe, it } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { tf } from "../../src/engine/tf.ts"
import { evaluateLoss } from "../../src/training/evaluate-loss.ts"
import { classify } from "../../src/training/objectives/classify.ts"
import { ddpm } from "../../src/training/objectives/ddpm.ts"
import { denoise } from "../../src/training/objectives/denoise.ts"
import { flowMatching } from "../../src/training/objectives/flow-matching.ts"
import type { Objective } from "../../src/training/objectives/objective.ts"
import {
  type EpochRequest,
  type EpochResult,
  type EpochSettings,
  trainEpoch
} from "../../src/training/train-epoch.ts"
import type { Dataset, Model } from "../../src/values/values.ts"
import { bars, quiet, smallClassifier, smallUNet } from "./data.ts"
import { schedule } from "./objectives/subjects.ts"

const settings: EpochSettings = { epoch: 1, batchSize: 16, seed: 3, learningRate: 1e-2 }
const images = bars(40, { grain: 10 })
const network = smallUNet({ time: "add", classes: 2 })
const flow = flowMatching(network, { unconditional: 0.1 })

const run = (more: Omit<Partial<EpochRequest>, "settings"> & { settings?: object } = {}) =>
  trainEpoch({
    objective: flow,
    model: network,
    state: undefined,
    dataset: images,
    context: quiet(),
    ...more,
    settings: { ...settings, ...more.settings }
  })
/** Epochs one after another, each from what the one before gave out. */
const runs = async (
  epochs: ReadonlyArray<number>,
  options: object = {},
  from?: EpochResult
): Promise<EpochResult> => {
  let last = from
  for (const epoch of epochs) {
    last = await run({
      model: last?.model ?? network,
      state: last?.state,
      settings: { ...options, epoch }
    })
  }
  return last!
}
const failure = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error
  )
  assert.instanceOf(error, UserError)
  return error
}
/** As stored and read back. */
const copied = (result: EpochResult): EpochResult => structuredClone(result)

describe("an epoch", () => {
  it("goes through all images once, the last batch with what is left", async () => {
    const reported: Array<unknown> = []
    const { losses, model, state } = await run({
      context: { ...quiet(), progress: (...report) => reported.push(report) }
    })
    assert.deepStrictEqual(
      reported,
      [1, 2, 3].map((done) => [done, 3, "steps"])
    )
    assert.strictEqual(losses.scalars["steps"], 3)
    assert.strictEqual(losses.scalars["images"], 40)
    const rows = losses.series as ReadonlyArray<{ readonly [column: string]: number }>
    assert.deepStrictEqual(
      rows.map(({ epoch, learningRate, step }) => [step, epoch, learningRate]),
      [1, 2, 3].map((step) => [step, 1, 1e-2])
    )
    const mean = (rows[0]!["loss"]! * 16 + rows[1]!["loss"]! * 16 + rows[2]!["loss"]! * 8) / 40
    assert.closeTo(losses.scalars["loss"]!, mean, 1e-12)
    assert.strictEqual(model.prediction, "velocity")
    assert.deepStrictEqual([state.epoch, state.step], [1, 3])
    assert.deepStrictEqual(model.weights["enter.conv1.norm.num_batches_tracked"]!.data[0], 3n)
  })

  const all = {
    "Adam, averaged": { emaDecay: 0.9 },
    "SGD with momentum, clipped": {
      optimizer: { kind: "sgd", momentum: 0.9, nesterov: true },
      clip: 0.5
    },
    AdamW: { optimizer: { kind: "adamw", weightDecay: 0.1 } }
  }
  it.each(Object.entries(all))(
    "leaves all that four need after two, bit for bit: %s",
    async (_, options) => {
      const straight = await runs([1, 2, 3, 4], options)
      const half = copied(await runs([1, 2], options))
      assert.deepStrictEqual(await runs([3, 4], options, half), straight)
      assert.strictEqual(straight.state.step, 12)
    }
  )
  it("is another with another seed", async () => {
    const [first, other] = [await run(), await run({ settings: { seed: 4 } })]
    assert.notStrictEqual(first.losses.scalars["loss"], other.losses.scalars["loss"])
  })
  it("takes a rate for each step", async () => {
    const { losses } = await run({ settings: { learningRate: [1e-2, 1e-3, 0] } })
    assert.deepStrictEqual(
      losses.series.map(({ learningRate }) => learningRate),
      [1e-2, 1e-3, 0]
    )
    const constant = await run()
    assert.strictEqual(losses.series[1]!["loss"], constant.losses.series[1]!["loss"])
    assert.notStrictEqual(losses.series[2]!["loss"], constant.losses.series[2]!["loss"])
  })
  it("tells the norm of gradients that it clips", async () => {
    const { losses } = await run({ settings: { clip: 1e-3 } })
    assert.isTrue(losses.series.every((row) => Number(row["gradientNorm"]) > 1e-3))
    assert.notProperty((await run()).losses.series[0], "gradientNorm")
  })
  it("gives out averaged weights with the running statistics as they are", async () => {
    const { averaged, model, state } = await run({ settings: { emaDecay: 0.5 } })
    const name = "up1.up.conv.weight"
    assert.notDeepEqual(averaged.weights[name], model.weights[name])
    const statistic = "up1.up.norm.running_mean"
    assert.deepStrictEqual(averaged.weights[statistic], model.weights[statistic])
    assert.deepStrictEqual(Object.keys(averaged.weights), Object.keys(model.weights))
    assert.property(state.tensors, "average")
    const plain = await run()
    assert.deepStrictEqual(plain.model, model)
    assert.deepStrictEqual(plain.averaged, plain.model)
    assert.notProperty(plain.state.tensors, "average")
  })
  it("leaves no tensor behind, however it ends", async () => {
    await run()
    const before = tf.memory().numTensors
    await run()
    await run({ settings: { emaDecay: 0.9, clip: 1 } })
    await failure(run({ settings: { learningRate: 1e30 } }))
    assert.strictEqual(tf.memory().numTensors, before)
  })
  it("ends when the user wants it to", async () => {
    const controller = new AbortController()
    const before = tf.memory().numTensors
    const reason = new Error("stopped")
    const error: unknown = await run({
      context: { signal: controller.signal, progress: () => controller.abort(reason) }
    }).catch((error: unknown) => error)
    assert.strictEqual(error, reason)
    assert.strictEqual(tf.memory().numTensors, before)
  })
})

describe("an epoch that cannot be", () => {
  it("is one that diverges: where, at which rate, and what to do", async () => {
    const { hint, message } = await failure(run({ settings: { learningRate: [1e-3, 1e30, 1e-3] } }))
    assert.match(message, /diverged: the loss is (NaN|Infinity) in step 3 of the run, epoch 1/)
    assert.match(message, /with a learning rate of 0\.001 \(the loss before: [\d.]+\)/)
    assert.include(hint!, "clip the gradients")
  })
  it("is one that ends in weights that are no numbers", async () => {
    const sgd = { optimizer: { kind: "sgd" }, learningRate: [0, 0, 1e39] }
    const { message } = await failure(run({ settings: sgd }))
    assert.match(message, /diverged: .* holds -?(NaN|Infinity) after the last step, in step 3/)
  })
  it("is one with a batch larger than the data", async () => {
    const { hint, message } = await failure(run({ settings: { batchSize: 41 } }))
    assert.include(message, "a batch of 41 is larger than the data set of 40 images")
    assert.include(hint!, "batchSize: 40")
  })
  it.each([
    ["the model has 2 classes, and the data set has 3", bars(40, { classes: 3 })],
    ["the model has 2 classes, and the images have no labels", bars(40, { classes: 0 })],
    [
      "the model takes pixels in [0,1], those of bars are in [-1,1]",
      { ...images, range: "[-1,1]" }
    ],
    [
      "the model takes images of 8 x 8 x 1, those of bars have 4 x 16 x 1",
      { ...images, shape: [40, 4, 16, 1] }
    ]
  ] as ReadonlyArray<[string, Dataset]>)("is one where %s", async (expected, dataset) => {
    assert.include((await failure(run({ dataset }))).message, expected)
  })
  it("is one with other rates than steps", async () => {
    const { message } = await failure(run({ settings: { learningRate: [1, 1] } }))
    assert.include(message, "the epoch has 3 steps, and 2 learning rates")
  })
  it("is one that does not follow", async () => {
    const { state } = await run()
    const error: unknown = await run({ state, settings: { epoch: 3 } }).catch((e: unknown) => e)
    assert.instanceOf(error, RangeError)
    const other: unknown = await run({
      state,
      settings: { epoch: 2, optimizer: { kind: "sgd", momentum: 0.9 } }
    }).catch((error: unknown) => error)
    assert.instanceOf(other, RangeError)
    assert.include(other.message, "the training state has no velocity")
  })
})

/** The losses of epochs on the same data. */
const learn = async (
  objective: Objective,
  model: Model,
  { dataset = bars(64), epochs = 12, rate = 1e-2 } = {}
): Promise<{ readonly last: number; readonly trained: Model }> => {
  let [state, trained, last]: [EpochRequest["state"], Model, number] = [
    undefined,
    model,
    Number.NaN
  ]
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const result = await run({
      objective,
      dataset,
      model: trained,
      state,
      settings: { epoch, learningRate: rate }
    })
    trained = result.model
    state = result.state
    last = result.losses.scalars["loss"]!
  }
  return { last, trained }
}
/** Of the bytes as pixels in [0,1]: their variance around one number, and around the mean image. */
const spread = ({ data, shape: [count] }: Dataset) => {
  const pixels = Array.from(data, (byte) => byte / 255)
  const mean = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0) / values.length
  const overall = mean(pixels)
  const size = pixels.length / count
  const image = Array.from({ length: size }, (_, at) =>
    mean(Array.from({ length: count }, (_, i) => pixels[i * size + at]!))
  )
  return {
    aroundNumber: mean(pixels.map((x) => (x - overall) ** 2)),
    aroundImage: mean(pixels.map((x, i) => (x - image[i % size]!) ** 2))
  }
}

describe("training", () => {
  it("a denoiser of equal images comes far below the error of the best constant", async () => {
    const dataset = bars(64, { classes: 1 })
    const objective = denoise(smallUNet(), { from: "image", sigma: 0.5 })
    const { last } = await learn(objective, smallUNet(), { dataset })
    assert.isBelow(last, spread(dataset).aroundNumber / 4)
  })
  it("from pure noise comes near the error of the mean image, and not below", async () => {
    const dataset = bars(64)
    const objective = denoise(smallUNet(), { from: "noise", sigma: 0.5 })
    const { last, trained } = await learn(objective, smallUNet(), { dataset, epochs: 25 })
    const { aroundImage, aroundNumber } = spread(dataset)
    assert.isBelow(last, aroundImage + (aroundNumber - aroundImage) / 4)
    // With as many images of each class no network that does not see them can do better; a batch may.
    const evaluated = await evaluateLoss({
      objective,
      model: trained,
      dataset,
      seed: 1,
      batchSize: 64,
      context: quiet()
    })
    assert.isAbove(evaluated.loss, aroundImage * 0.98)
  })
  it("a flow comes below the best constant velocity", async () => {
    const dataset = bars(64)
    const { last } = await learn(flow, network, { dataset })
    // E‖x₁ - x₀ - c‖² = 1 + the variance of the pixels.
    assert.isBelow(last, (1 + spread(dataset).aroundNumber) / 2)
  })
  it("a diffusion model comes below the error of predicting no noise, which is 1", async () => {
    const { last } = await learn(ddpm(network, { schedule, unconditional: 0 }), network)
    assert.isBelow(last, 0.5)
  })
  it("a classifier comes far below the logarithm of the number of classes", async () => {
    const model = smallClassifier()
    const objective = classify(model, { shift: 0 })
    const dataset = bars(64, { grain: 30 })
    const { last, trained } = await learn(objective, model, { dataset, epochs: 4 })
    assert.isBelow(last, Math.log(2) / 3)
    const evaluated = await evaluateLoss({
      objective,
      model: trained,
      dataset,
      seed: 1,
      batchSize: 50,
      context: quiet()
    })
    assert.strictEqual(evaluated.accuracy, 1)
  })
})

describe("the loss on other images", () => {
  const evaluate = (more: object = {}) =>
    evaluateLoss({
      objective: flow,
      model: network,
      dataset: images,
      seed: 1,
      batchSize: 16,
      context: quiet(),
      ...more
    })
  it("does not depend on the size of the batches", async () => {
    const { loss } = await evaluate()
    for (const batchSize of [40, 7]) {
      assert.closeTo((await evaluate({ batchSize })).loss, loss, 1e-6 * loss)
    }
    assert.notProperty(await evaluate(), "accuracy")
  })
  it("is the same each time, another with another seed, and leaves no tensor behind", async () => {
    const first = await evaluate()
    const before = tf.memory().numTensors
    assert.deepStrictEqual(await evaluate(), first)
    assert.notDeepEqual(await evaluate({ seed: 2 }), first)
    assert.strictEqual(tf.memory().numTensors, before)
  })
  it("uses the running statistics: an image's loss is the same beside any other", async () => {
    const pixels = 64
    const few = (count: number, data: Uint8Array): Dataset => ({
      ...images,
      shape: [count, 8, 8, 1],
      data: data.slice(0, count * pixels),
      labels: images.labels!.slice(0, count)
    })
    const white = images.data.map((byte, i) => (i < pixels ? 255 : byte))
    const lossOfSecond = async (data: Uint8Array) => {
      const [both, first] = [
        await evaluate({ dataset: few(2, data) }),
        await evaluate({ dataset: few(1, data) })
      ]
      return 2 * both.loss - first.loss
    }
    const loss = await lossOfSecond(images.data)
    assert.closeTo(await lossOfSecond(white), loss, 1e-5 * loss)
  })
})
