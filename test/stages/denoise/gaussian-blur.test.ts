import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { gaussianBlur } from "../../../src/diffusion/gaussian-blur.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { compute, toTensor } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Images } from "../../../src/values/values.ts"
import blur from "../../../stages/denoise/gaussian-blur.ts"
import { checkStage, decodeExample, decodeParams, runStage } from "../../support/run-stage.ts"

const images: Images = {
  type: "Images",
  shape: [2, 6, 7, 3],
  range: "[0,1]",
  data: normal(1, "images", 2 * 6 * 7 * 3),
  labels: ["a", "b"]
}

describe("denoise/gaussian-blur", () => {
  it("blurs every image and keeps labels and range", async () => {
    const { images: blurred } = await runStage(blur, { images }, { kernel: 5, sigma: 2 })
    const data = compute(() => gaussianBlur(toTensor(images), 5, 2))
    assert.deepStrictEqual(blurred, { ...images, data })
  })

  it("has torchvision's sigma where none is given", async () => {
    const { images: blurred } = await runStage(blur, { images }, { kernel: 5 })
    // 0.3 * ((5 - 1) / 2 - 1) + 0.8
    const data = compute(() => gaussianBlur(toTensor(images), 5, 1.1))
    assert.deepStrictEqual(blurred.data, data)
  })

  it("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors
    await runStage(blur, { images }, { kernel: 3, sigma: 1 })
    assert.strictEqual(tf.memory().numTensors, before)
  })

  it("refuses even kernels, and sigmas that are not above 0", () => {
    for (const params of [
      {},
      { kernel: 4 },
      { kernel: 0 },
      { kernel: 2.5 },
      { kernel: 3, sigma: 0 }
    ]) {
      assert.throws(() => decodeParams(blur, params))
    }
  })

  it("finds a kernel too large for the images, before they are there and after", async () => {
    const dims = { H: 6, W: 7 }
    assert.deepStrictEqual(checkStage(blur, { kernel: 11 }, { dims }), [])
    assert.deepStrictEqual(checkStage(blur, { kernel: 13 }), [])
    const [issue] = checkStage(blur, { kernel: 13 }, { dims })
    assert.deepStrictEqual(issue!.path, ["kernel"])
    assert.include(issue!.hint, "at most 11")
    const failure = await runStage(blur, { images }, { kernel: 13 }).catch(
      (error: unknown) => error
    )
    assert.instanceOf(failure, UserError)
    assert.strictEqual(failure.message, issue!.message)
  })

  it("has an example that is right", () => {
    const { inputs, params, uses } = decodeExample(blur)
    assert.strictEqual(uses, "denoise/gaussian-blur")
    assert.deepStrictEqual(inputs, Object.keys(blur.inputs))
    assert.deepStrictEqual(params, { kernel: 5, sigma: 2 })
  })
})
