import { assert, describe, it } from "vitest"
import { freshModel } from "../../../src/models/model-value.ts"
import type { Images, Model } from "../../../src/values/values.ts"
import agreement from "../../../stages/evaluate/agreement.ts"
import { checkStage, runStage } from "../../support/run-stage.ts"

/** A classifier that answers by its last biases alone, so every image is taken for `favourite`. */
const partial = (favourite: number): Model => {
  const model = freshModel(
    { kind: "classifier", channels: 2, imageSize: 8, imageChannels: 1, classes: 3 },
    "[0,1]",
    1
  )
  const bias = Float32Array.from({ length: 3 }, (_, index) => (index === favourite ? 100 : 0))
  const weights = { ...model.weights, "logits.bias": { shape: [3], data: bias } }
  return { ...model, prediction: "logits", weights }
}
const images: Images = {
  type: "Images",
  shape: [5, 8, 8, 1],
  range: "[0,1]",
  data: Float32Array.from({ length: 5 * 64 }, (_, i) => (i % 7) / 7)
}
const names = ["a", "b", "c"]

describe("evaluate/agreement", () => {
  it("is the share that the classifier takes for what was asked", async () => {
    const ask = async (favourite: number) =>
      (
        await runStage(
          agreement,
          { images, classifier: partial(favourite) },
          { prompt: "b", names }
        )
      ).metrics
    assert.deepStrictEqual((await ask(1)).scalars, { agreement: 1, images: 5 })
    const other = await ask(2)
    assert.strictEqual(other.scalars["agreement"], 0)
    assert.deepStrictEqual(other.series[4], { image: 4, taken: "c" })
  })
  it("knows the classes by name", () => {
    assert.match(checkStage(agreement, { prompt: "d", names })[0]!.message, /no class "d"/)
    assert.match(
      checkStage(agreement, { prompt: "a", names }, { dims: { K: 10 } })[0]!.message,
      /3 names are not for 10 classes/
    )
  })
})
