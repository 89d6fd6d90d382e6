import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { frequencySplit } from "../../src/diffusion/frequency-split.ts"
import { gaussianBlur } from "../../src/diffusion/gaussian-blur.ts"
import { compute, computeAll, toTensor } from "../../src/engine/tensors.ts"
import { tf } from "../../src/engine/tf.ts"

/** The distance from |x| to the next larger float32. */
const ulp = (x: number): number =>
  Math.abs(x) < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(Math.abs(x))) - 23)

const pixels = fc.array(fc.float({ min: -4, max: 4, noNaN: true }), {
  minLength: 48,
  maxLength: 48
})

describe("frequencySplit", () => {
  it("gives parts whose float32 sum is the image, to 1 or 1.5 ulp as stated", () => {
    fc.assert(
      fc.property(
        pixels,
        fc.constantFrom(3, 5, 7),
        fc.double({ min: 0.2, max: 9, noNaN: true }),
        (values, size, sigma) => {
          const x = Float32Array.from(values)
          const [low, sum] = computeAll(() => {
            const parts = frequencySplit(toTensor({ shape: [1, 4, 6, 2], data: x }), size, sigma)
            return [parts.low, parts.low.add(parts.high)]
          })
          for (const [i, value] of x.entries()) {
            const larger = Math.max(Math.abs(value), Math.abs(low![i]!))
            const allowed = value * low![i]! < 0 ? 1.5 : 1
            assert.isAtMost(Math.abs(sum![i]! - value), allowed * ulp(larger))
            if (low![i]! >= value / 2 && low![i]! <= 2 * value) assert.strictEqual(sum![i], value)
          }
        }
      )
    )
  })

  it("has the blur as its low part", () => {
    const image = {
      shape: [1, 5, 5, 1] as const,
      data: Float32Array.from({ length: 25 }, (_, i) => i / 25)
    }
    assert.deepStrictEqual(
      compute(() => frequencySplit(toTensor(image), 3, 2).low),
      compute(() => gaussianBlur(toTensor(image), 3, 2))
    )
  })

  it("makes two tensors and keeps none", () => {
    const image = tf.zeros([1, 5, 5, 1]) as Parameters<typeof frequencySplit>[0]
    const before = tf.memory().numTensors
    const { high, low } = frequencySplit(image, 3, 1)
    assert.strictEqual(tf.memory().numTensors, before + 2)
    tf.dispose([image, low, high])
  })
})
