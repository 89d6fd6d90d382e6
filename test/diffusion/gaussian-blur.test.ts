import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { defaultSigma, gaussianBlur, gaussianWeights } from "../../src/diffusion/gaussian-blur.ts"
import { normal } from "../../src/engine/random/streams.ts"
import { compute, type ImageArray, toTensor } from "../../src/engine/tensors.ts"
import { tf } from "../../src/engine/tf.ts"
import reference from "../parity/images.json" with { type: "json" }

const picture = (height: number, width: number, channels: number, seed = 0): ImageArray => ({
  shape: [1, height, width, channels],
  data: normal(seed, "picture", height * width * channels)
})
const blur = (image: ImageArray, size: number, sigma: number) =>
  compute(() => gaussianBlur(toTensor(image), size, sigma))
const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i]!)), 0)

const side = fc.integer({ min: 4, max: 9 })
const size = fc.constantFrom(1, 3, 5, 7)
const sigma = fc.double({ min: 0.1, max: 20, noNaN: true })

describe("gaussianBlur", () => {
  it("agrees with torchvision", () => {
    const [height, width, channels] = reference.shape as [number, number, number]
    const image: ImageArray = {
      shape: [1, height, width, channels],
      data: Float32Array.from(reference.picture, (value) => value / reference.scale)
    }
    for (const { blurred, kernel, sigma } of reference.blurs) {
      const found = blur(image, kernel, sigma ?? defaultSigma(kernel))
      // Float32 sums against torchvision in float64; half a unit is the file's own rounding.
      assert.isBelow(largestDifference(found, blurred), 5e-7, `kernel ${kernel}, sigma ${sigma}`)
    }
  })

  it("is linear", () => {
    fc.assert(
      fc.property(side, side, size, sigma, (height, width, size, sigma) => {
        const [a, b] = [picture(height, width, 2, 1), picture(height, width, 2, 2)]
        const sum = { ...a, data: a.data.map((value, i) => 2 * value - b.data[i]!) }
        const [blurredA, blurredB] = [blur(a, size, sigma), blur(b, size, sigma)]
        const expected = blurredA.map((value, i) => 2 * value - blurredB[i]!)
        assert.isBelow(largestDifference(blur(sum, size, sigma), expected), 1e-5)
      })
    )
  })

  it("keeps a constant image, its borders included", () => {
    fc.assert(
      fc.property(side, side, size, sigma, (height, width, size, sigma) => {
        const image = picture(height, width, 3)
        image.data.fill(0.7)
        assert.isBelow(largestDifference(blur(image, size, sigma), image.data), 5e-7)
      })
    )
  })

  it("treats channels and images of a batch alone, and both axes alike", () => {
    const image = picture(6, 8, 3)
    const whole = blur(image, 5, 1.3)
    for (let channel = 0; channel < 3; channel++) {
      const plane = {
        shape: [1, 6, 8, 1] as const,
        data: image.data.filter((_, i) => i % 3 === channel)
      }
      // To rounding: a grouped convolution and one of a single channel add up in different orders.
      const expected = whole.filter((_, i) => i % 3 === channel)
      assert.isBelow(largestDifference(blur(plane, 5, 1.3), expected), 5e-7)
    }
    const batch = {
      shape: [2, 6, 8, 3] as const,
      data: Float32Array.of(...image.data, ...image.data)
    }
    assert.deepStrictEqual(blur(batch, 5, 1.3), Float32Array.of(...whole, ...whole))
    const turned = (values: Float32Array) =>
      compute(() => tf.tensor4d(values, [1, 6, 8, 3]).transpose([0, 2, 1, 3]))
    const found = blur({ shape: [1, 8, 6, 3], data: turned(image.data) }, 5, 1.3)
    assert.isBelow(largestDifference(found, turned(whole)), 1e-6)
  })

  it("with a kernel of one pixel changes nothing", () => {
    const image = picture(5, 5, 3)
    assert.deepStrictEqual(blur(image, 1, 3), image.data)
  })

  it("takes kernels whose half is smaller than the image, and no others", () => {
    const image = picture(5, 9, 1)
    assert.strictEqual(blur(image, 9, 2).length, 45)
    assert.throws(() => blur(image, 11, 2), RangeError, "too large")
    assert.throws(() => blur(image, 4, 2), RangeError, "odd")
    assert.throws(() => blur(image, 3, 0), RangeError, "sigma")
    assert.throws(() => blur(image, 3, NaN), RangeError, "sigma")
    assert.throws(() => blur(image, 0.5, 1), RangeError, "odd")
  })

  it("makes one tensor and keeps none, also when it fails", () => {
    const image = toTensor(picture(5, 5, 1))
    const before = tf.memory().numTensors
    const blurred = gaussianBlur(image, 3, 1)
    assert.strictEqual(tf.memory().numTensors, before + 1)
    assert.throws(() => gaussianBlur(image, 3, -1))
    assert.strictEqual(tf.memory().numTensors, before + 1)
    tf.dispose([image, blurred])
  })

  it("averages, so a large photograph stays within its range under a large kernel (slow)", () => {
    const image = picture(512, 512, 3)
    const blurred = blur(image, 33, 2)
    const least = (values: Float32Array) => values.reduce((a, b) => Math.min(a, b))
    const most = (values: Float32Array) => values.reduce((a, b) => Math.max(a, b))
    assert.isAtLeast(least(blurred), least(image.data) - 1e-6)
    assert.isAtMost(most(blurred), most(image.data) + 1e-6)
  })
})

describe("gaussianWeights", () => {
  it("are symmetric, fall from the middle and have sum 1", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), sigma, (size, sigma) => {
        const weights = gaussianWeights(size, sigma)
        assert.deepStrictEqual(weights.toReversed(), weights)
        const half = weights.slice(Math.floor(size / 2))
        assert.isTrue(half.every((weight, i) => i === 0 || weight <= half[i - 1]!))
        assert.closeTo(
          weights.reduce((sum, weight) => sum + weight, 0),
          1,
          1e-6
        )
      })
    )
  })
})
