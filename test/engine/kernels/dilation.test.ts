import { describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { assertSameOnBoth, library as tf, numbers, random } from "../../support/backends.ts"

const upTo = (max: number) => fc.integer({ min: 1, max })

/** Small whole numbers: windows have several maxima. */
const repeated = (shape: ReadonlyArray<number>, seed: number): Tensor =>
  tf.tensor(
    numbers(
      shape.reduce((a, b) => a * b, 1),
      seed
    ).map((value) => Math.round(value * 2)),
    [...shape]
  )

const dilations = fc
  .record({
    n: upTo(2),
    h: fc.integer({ min: 3, max: 7 }),
    w: fc.integer({ min: 3, max: 7 }),
    c: fc.constantFrom(1, 3, 16),
    kernel: fc.tuple(upTo(3), upTo(3)),
    strides: fc.tuple(upTo(2), upTo(2)),
    rates: fc.tuple(upTo(2), upTo(2)),
    pad: fc.constantFrom("same" as const, "valid" as const),
    seed: fc.nat(1000)
  })
  .filter(({ h, kernel, rates, w }) =>
    kernel.every((length, axis) => (length - 1) * rates[axis]! < [h, w][axis]!)
  )

describe("dilation2d", () => {
  it("and both gradients are those of tfjs", () => {
    fc.assert(
      fc.property(dilations, ({ c, h, kernel, n, pad, rates, seed, strides, w }) =>
        assertSameOnBoth(() => {
          const x = repeated([n, h, w, c], seed)
          const filter = repeated([...kernel, c], seed + 1)
          const dilate = (a: Tensor, b: Tensor) =>
            tf.dilation2d(a as Tensor4D, b as Tensor3D, strides, pad, rates)
          const gradients = tf.grads((a, b) => {
            const y = dilate(a, b)
            return y.mul(random(y.shape, 5)).sum()
          })
          return [dilate(x, filter), ...gradients([x, filter])]
        })
      ),
      { numRuns: 20 }
    )
  })

  it("skips NaN, and takes infinities as they are", () => {
    const values = [NaN, 1, -Infinity, Infinity, NaN, -Infinity, 2, NaN, 0]
    assertSameOnBoth(() =>
      tf.dilation2d(tf.tensor(values, [1, 3, 3, 1]) as Tensor4D, tf.zeros([2, 1, 1]), 1, "same")
    )
  })
})
