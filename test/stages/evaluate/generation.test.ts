import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { frechetDistance, momentsOf } from "../../../src/diffusion/evaluation/frechet-distance.ts"
import { computeAll, toTensor } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { classifierOf, freshModel, stateOf } from "../../../src/models/model-value.ts"
import { datasetImages, firstImages } from "../../../src/values/dataset/images.ts"
import type { Images, Tensor } from "../../../src/values/values.ts"
import generation from "../../../stages/evaluate/generation.ts"
import { checkStage, runStage } from "../../support/run-stage.ts"
import { randomDataset } from "../datasets.ts"

const [side, classCount] = [8, 3]
const architecture = {
  kind: "classifier",
  channels: 4,
  imageSize: side,
  imageChannels: 1,
  classes: classCount
} as const
const classifier = freshModel(architecture, "[0,1]", 1)
const reference = randomDataset(30, side, classCount)
const generated = firstImages(randomDataset(6, side, classCount, "generated"), 6)

const answersTo = (images: Images) =>
  computeAll(() => {
    const { features, logits } = classifierOf(classifier).forward(
      stateOf(classifier),
      toTensor(images),
      { training: false }
    )
    return [features, tf.cast(tf.argMax(logits, 1), "float32")]
  })
const classesOf = (...classes: ReadonlyArray<number>): Tensor => ({
  type: "Tensor",
  shape: [classes.length],
  data: Int32Array.from(classes)
})
const all = { images: generated, classifier, reference, classes: undefined, heldOut: undefined }

describe("evaluate/generation", () => {
  it("compares features, classes and pixels", async () => {
    const [features, taken] = answersTo(generated)
    const [realFeatures] = answersTo(firstImages(reference, 30))
    const asked = [taken![0]!, (taken![1]! + 1) % 3, -1, taken![3]!, taken![4]!, taken![5]!]
    const { metrics, nearest } = await runStage(generation, {
      ...all,
      classes: classesOf(...asked)
    })
    assert.strictEqual(metrics.scalars["agreement"], 4 / 5)
    assert.strictEqual(metrics.scalars["generatedImages"], 6)
    const expected = await frechetDistance(momentsOf(features!, 16), momentsOf(realFeatures!, 16))
    assert.closeTo(metrics.scalars["frechetDistance"]!, expected, 1e-4 * expected)
    let distances = 0
    for (let image = 0; image < 6; image++) {
      let squares = 0
      for (let i = image * 64; i < (image + 1) * 64; i++) {
        squares += (generated.data[i]! - nearest.data[i]!) ** 2
      }
      distances += Math.sqrt(squares / 64) / 6
    }
    assert.closeTo(metrics.scalars["nearestDistance"]!, distances, 1e-6)
    assert.deepStrictEqual(
      metrics.series.map((row) => row["class"]),
      [...reference.classes]
    )
    const total = (column: string) =>
      metrics.series.reduce((sum, row) => sum + (row[column] as number), 0)
    assert.deepStrictEqual([total("images"), total("taken")], [5, 6])
  })

  it("finds images that were learnt by heart, and is near 0 for the reference itself", async () => {
    const copies = datasetImages(reference, [4, 9, 2])
    const { metrics, nearest } = await runStage(generation, { ...all, images: copies })
    assert.strictEqual(metrics.scalars["nearestDistance"], 0)
    assert.deepStrictEqual(nearest.data, copies.data)
    assert.notProperty(metrics.scalars, "agreement")
    const same = await runStage(generation, { ...all, images: firstImages(reference, 30) })
    assert.isBelow(same.metrics.scalars["frechetDistance"]!, 1e-6)
  })

  it("measures held-out images beside them, as many as there are generated ones", async () => {
    const heldOut = randomDataset(9, side, classCount, "generated")
    const { metrics } = await runStage(generation, { ...all, heldOut })
    const { scalars } = metrics
    // The first six of them are the generated ones.
    assert.strictEqual(scalars["heldOutFrechetDistance"], scalars["frechetDistance"])
    assert.strictEqual(scalars["heldOutNearestDistance"], scalars["nearestDistance"])
  })

  it("warns where there are too few images for a covariance of full rank", async () => {
    const logged: Array<string> = []
    const log = (line: string) => logged.push(line)
    await runStage(generation, all, {}, { log })
    assert.include(logged.join("\n"), "warning")
    assert.include(logged.join("\n"), "6 generated and 30 reference images, in 16 features")
    logged.length = 0
    const many = firstImages(randomDataset(17, side, classCount), 17)
    await runStage(generation, { ...all, images: many }, {}, { log })
    assert.notInclude(logged.join("\n"), "warning")
  })

  it("says what does not go together, and leaves no tensor behind", async () => {
    const failureOf = async (inputs: object, params: object = {}) => {
      const failure = await runStage(generation, { ...all, ...inputs }, params).catch(
        (error: unknown) => error
      )
      assert.instanceOf(failure, UserError)
      return failure.message
    }
    const before = tf.memory().numTensors
    const mixed = { ...generated, labels: Array.from({ length: 6 }, (_, i) => `epoch ${i} · 3`) }
    assert.include(await failureOf({ images: mixed }), "of several checkpoints: epoch 0, epoch 1")
    assert.include(await failureOf({ classes: classesOf(0, 1, 2, 3, 0, 0) }), "of class 3")
    assert.include(await failureOf({ images: datasetImages(reference, [1]) }), "1 generated images")
    const spoilt = { ...generated, data: generated.data.map((x, i) => (i === 70 ? NaN : x)) }
    assert.include(await failureOf({ images: spoilt }), "image 1 has no finite features")
    assert.strictEqual(tf.memory().numTensors, before)
    const first = (dims: object, params: object = {}) =>
      checkStage(generation, params, { dims: { ...dims } })[0]?.message
    assert.include(first({ N: 1 }), "1 generated images")
    assert.include(first({ N: 5, D: 10 }, { referenceCount: 20 }), "only 10 reference images")
    assert.isUndefined(first({ N: 5, D: 10 }))
  })
})
