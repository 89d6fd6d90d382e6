import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import {
  meanSquaredError,
  peakSignalToNoise,
  structuralSimilarity
} from "../../src/diffusion/image-metrics.ts"
import { normal, uniform } from "../../src/engine/random/streams.ts"
import { compute, type ImageArray, toTensor } from "../../src/engine/tensors.ts"
import { tf } from "../../src/engine/tf.ts"
import reference from "../parity/images.json" with { type: "json" }

const [height, width, channels] = reference.shape as [number, number, number]
const picture = (values: Iterable<number>): ImageArray => ({
  shape: [1, height, width, channels],
  data: Float32Array.from(values, (value) => value / reference.scale)
})
const mse = (a: ImageArray, b: ImageArray) =>
  compute(() => meanSquaredError(toTensor(a), toTensor(b)))[0]!
const ssim = (a: ImageArray, b: ImageArray, peak = 1) =>
  compute(() => structuralSimilarity(toTensor(a), toTensor(b), peak))[0]!
const random = (seed: number): ImageArray => ({
  shape: [1, 12, 13, 2],
  data: uniform(seed, "picture", 12 * 13 * 2)
})
const noisier = (image: ImageArray, sigma: number): ImageArray => ({
  ...image,
  data: normal(9, "noise", image.data.length).map((e, i) => image.data[i]! + sigma * e)
})

describe("the metrics", () => {
  it("agree with scikit-image", () => {
    for (const { image, reference: target, range, ...expected } of reference.comparisons) {
      const [a, b] = [picture(image), picture(target)]
      const peak = range[1]! - range[0]!
      const found = mse(a, b)
      // A sum of some 100,000 float32 squares, and 10 log10 of it.
      assert.closeTo(found, expected.mse, 1e-6 * expected.mse)
      assert.closeTo(peakSignalToNoise(found, peak), expected.psnr, 5e-6)
      // Local variances are differences of float32 moments.
      assert.closeTo(ssim(a, b, peak), expected.ssim, 1e-6)
    }
  })

  it("make one tensor and keep none", () => {
    const [a, b] = [toTensor(random(1)), toTensor(random(2))]
    const before = tf.memory().numTensors
    const made = [meanSquaredError(a, b), structuralSimilarity(a, b, 1)]
    assert.strictEqual(tf.memory().numTensors, before + 2)
    tf.dispose([a, b, ...made])
  })
})

describe("meanSquaredError", () => {
  it("is one number an image, also against one reference for all", () => {
    const shape = [2, 1, 2, 1] as const
    const images = { shape, data: Float32Array.of(0, 1, 3, 5) }
    const single = { shape: [1, 1, 2, 1] as const, data: Float32Array.of(1, 1) }
    const found = compute(() => meanSquaredError(toTensor(images), toTensor(single)))
    assert.deepStrictEqual([...found], [0.5, 10])
  })
})

describe("peakSignalToNoise", () => {
  it("does not depend on the unit of the pixels", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 10, noNaN: true }), (mse) => {
        assert.closeTo(peakSignalToNoise(4 * mse, 2), peakSignalToNoise(mse, 1), 1e-9)
      })
    )
  })

  it("is infinite for equal images", () => {
    assert.strictEqual(peakSignalToNoise(0, 1), Number.POSITIVE_INFINITY)
  })
})

describe("structuralSimilarity", () => {
  it("is exactly 1 for equal images, and the same both ways round", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        assert.strictEqual(ssim(random(a), random(a)), 1)
        assert.strictEqual(ssim(random(a), random(b)), ssim(random(b), random(a)))
      }),
      { numRuns: 20 }
    )
  })

  it("falls as noise grows", () => {
    const image = picture(reference.picture)
    const found = [0, 0.01, 0.1, 0.3, 1].map((sigma) => ssim(noisier(image, sigma), image, 2))
    for (const [i, value] of found.entries()) assert.isTrue(i === 0 || value < found[i - 1]!)
  })

  it("needs a whole window", () => {
    const small: ImageArray = { shape: [1, 10, 20, 1], data: new Float32Array(200) }
    assert.throws(() => ssim(small, small), RangeError, "11 x 11")
  })
})
