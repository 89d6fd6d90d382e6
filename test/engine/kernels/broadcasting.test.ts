/** Kernels of two tensors whose shapes differ, against tfjs's cpu kernels. */
import type { Tensor } from "@tensorflow/tfjs"
import { describe, it } from "vitest"
import * as fc from "fast-check"
import { assertSameOnBoth, library as tf, random } from "../../support/backends.ts"

type Binary = (a: Tensor, b: Tensor) => Tensor

/** Two shapes that can be broadcast to each other: some axes are missing, some of length 1, now and then 0. */
const shapes = (dims: ReadonlyArray<number>) =>
  fc
    .record({
      axes: fc.array(
        fc.record({ dim: fc.constantFrom(...dims), a: fc.boolean(), b: fc.boolean() }),
        { maxLength: 5 }
      ),
      missing: fc.nat(5)
    })
    .map(({ axes, missing }) => {
      const a = axes.map(({ a, dim }) => (a ? dim : 1))
      const b = axes.map(({ b, dim }) => (b ? dim : 1))
      const ones = b.findIndex((dim) => dim !== 1)
      return { a, b: b.slice(Math.min(missing, ones < 0 ? b.length : ones)) }
    })

const ops: ReadonlyArray<Binary> = [
  tf.add,
  tf.sub,
  tf.mul,
  tf.div,
  tf.maximum,
  tf.minimum,
  tf.squaredDifference,
  tf.pow,
  tf.mod,
  tf.atan2,
  tf.prelu,
  tf.floorDiv,
  tf.greater,
  tf.notEqual
]

/** Those of which tfjs's gradients know broadcasting. */
const differentiable: ReadonlyArray<Binary> = [tf.add, tf.sub, tf.mul, tf.div, tf.pow, tf.atan2]

describe("broadcasting", () => {
  it("gives tfjs's values, in either order", () => {
    fc.assert(
      fc.property(shapes([0, 1, 2, 3, 4, 5, 9]), fc.nat(1000), ({ a, b }, seed) =>
        assertSameOnBoth(() => {
          const [x, y] = [random(a, seed).abs(), random(b, seed + 1)]
          return [...ops.map((op) => op(x, y)), ...ops.map((op) => op(y.abs(), x))]
        })
      ),
      { numRuns: 12, seed: 5 }
    )
  })

  it("gives tfjs's gradients", () => {
    fc.assert(
      fc.property(shapes([1, 2, 3, 4, 5]), fc.nat(1000), ({ a, b }, seed) =>
        assertSameOnBoth(
          () =>
            differentiable.flatMap((op) =>
              tf.grads((x, y) => op(x, y).sum())([
                random(a, seed).abs().add(0.1),
                random(b, seed + 1)
                  .abs()
                  .add(0.3)
              ])
            ),
          1e-4
        )
      ),
      { numRuns: 10, seed: 5 }
    )
  })
})
