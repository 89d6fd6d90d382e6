import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Images } from "../../../src/values/values.ts"
import blur from "../../../stages/denoise/gaussian-blur.ts"
import split from "../../../stages/image/frequency-split.ts"
import { checkStage, decodeExample, decodeParams, runStage } from "../../support/run-stage.ts"

const images: Images = {
  type: "Images",
  shape: [2, 6, 7, 3],
  range: "[-1,1]",
  data: normal(1, "images", 2 * 6 * 7 * 3),
  labels: ["a", "b"]
}

describe("image/frequency-split", () => {
  it("gives the blur as low, and the rest as high, with the images' labels and range", async () => {
    const params = { kernel: 5, sigma: 2 }
    const { high, low } = await runStage(split, { images }, params)
    const { images: blurred } = await runStage(blur, { images }, params)
    assert.deepStrictEqual(low, blurred)
    const rest = images.data.map((value, i) => value - blurred.data[i]!)
    assert.deepStrictEqual(high, { ...images, data: rest })
  })

  it("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors
    await runStage(split, { images }, { kernel: 3 })
    assert.strictEqual(tf.memory().numTensors, before)
  })

  it("has the reference experiments' kernel by default, and says where it does not fit", async () => {
    assert.deepStrictEqual(decodeParams(split, {}), { kernel: 33, sigma: 2 })
    assert.deepStrictEqual(checkStage(split, {}, { dims: { H: 64, W: 17 } }), [])
    const [issue] = checkStage(split, {}, { dims: { H: 64, W: 16 } })
    assert.deepStrictEqual(issue!.path, ["kernel"])
    const failure = await runStage(split, { images }).catch((error: unknown) => error)
    assert.instanceOf(failure, UserError)
  })

  it("has an example that is right", () => {
    const { inputs, params, uses } = decodeExample(split)
    assert.strictEqual(uses, "image/frequency-split")
    assert.deepStrictEqual(inputs, Object.keys(split.inputs))
    assert.deepStrictEqual(params, { kernel: 33, sigma: 2 })
  })
})
