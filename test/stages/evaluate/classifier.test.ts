import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { compute, toTensor } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { classifierOf, freshModel, stateOf } from "../../../src/models/model-value.ts"
import { firstImages } from "../../../src/values/dataset/images.ts"
import evaluate from "../../../stages/evaluate/classifier.ts"
import { checkStage, runStage } from "../../support/run-stage.ts"
import { randomDataset } from "../datasets.ts"

const side = 8
const model = freshModel(
  { kind: "classifier", channels: 4, imageSize: side, imageChannels: 1, classes: 3 },
  "[0,1]",
  2
)
const random = randomDataset(7, side, 3)
const taken = Int32Array.from(
  compute(() => {
    const images = toTensor(firstImages(random, 7))
    const { logits } = classifierOf(model).forward(stateOf(model), images, { training: false })
    return tf.cast(tf.argMax(logits, 1), "float32")
  })
)

describe("evaluate/classifier", () => {
  it("counts what images were taken for", async () => {
    const labels = taken.map((own, i) => (i < 2 ? (own + 1) % 3 : own))
    const dataset = { ...random, labels }
    const before = tf.memory().numTensors
    const { confusion, metrics } = await runStage(evaluate, { model, dataset })
    assert.strictEqual(tf.memory().numTensors, before)
    assert.deepStrictEqual(metrics.scalars, { accuracy: 5 / 7, images: 7 })
    assert.deepStrictEqual(confusion.columns, ["class", "class 0", "class 1", "class 2"])
    for (const [actual, row] of confusion.rows.entries()) {
      assert.strictEqual(row["class"], `class ${actual}`)
      for (const guess of [0, 1, 2]) {
        const expected = labels.filter((own, i) => own === actual && taken[i] === guess).length
        assert.strictEqual(row[`class ${guess}`], expected)
      }
    }
    for (const [index, row] of metrics.series.entries()) {
      const images = labels.filter((own) => own === index).length
      const right = labels.filter((own, i) => own === index && taken[i] === index).length
      const guesses = taken.filter((own) => own === index).length
      assert.strictEqual(row["images"], images)
      assert.strictEqual(row["recall"], images === 0 ? undefined : right / images)
      assert.strictEqual(row["precision"], guesses === 0 ? undefined : right / guesses)
    }
  })

  it("needs labels, as many classes as the network has, and images", async () => {
    const failureOf = async (dataset: typeof random) => {
      const failure = await runStage(evaluate, { model, dataset }).catch((error: unknown) => error)
      assert.instanceOf(failure, UserError)
      return failure.message
    }
    assert.include(await failureOf(randomDataset(3, side, 0)), "no labels")
    assert.include(await failureOf(randomDataset(3, side, 4)), "tells 3 classes apart")
    assert.include(await failureOf(randomDataset(0, side, 3)), "no images")
    assert.lengthOf(checkStage(evaluate, {}, { dims: { K: 0 } }), 1)
    assert.lengthOf(checkStage(evaluate, {}, { dims: { K: 3 } }), 0)
  })
})
