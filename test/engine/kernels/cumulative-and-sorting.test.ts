/** Running sums and products, sorting and counting, against tfjs's cpu kernels. */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { backendName } from "#src/engine/backend/register.ts"
import { assertSameOnBoth, library as tf, random, runOn } from "../../support/backends.ts"
import { assertSameForAll } from "./same-for-all.ts"

const shapes = fc.array(fc.constantFrom(0, 1, 2, 3, 5, 9), { minLength: 1, maxLength: 4 })
const seed = fc.nat(1000)

describe("running sums and products", () => {
  const options = fc.record({ shape: shapes, seed, exclusive: fc.boolean(), reverse: fc.boolean() })

  it("run along any axis, either way, with and without the element itself", () => {
    assertSameForAll(options, ({ exclusive, reverse, seed, shape }) => {
      const axis = seed % shape.length
      const x = random(shape, seed)
      return [tf.cumsum, tf.cumprod].flatMap((running) => [
        running(x, axis, exclusive, reverse),
        running(x.mul(3).round().toInt(), axis, exclusive, reverse)
      ])
    })
  })

  it("have tfjs's gradients", () => {
    // The gradient of cumsum is transposed in tfjs unless the axis is the last one.
    assertSameForAll(options, ({ exclusive, reverse, seed, shape }) =>
      tf.grad((x) =>
        tf
          .cumsum(x, shape.length - 1, exclusive, reverse)
          .square()
          .sum()
      )(random(shape, seed))
    )
  })

  it("multiply a zero and a NaN into all that follows", () => {
    assertSameOnBoth(() => tf.cumprod(tf.tensor([2, 3, 0, 5, NaN, 7]), 0))
  })
})

describe("topk", () => {
  it("gives the largest and where they are, the first of equals first", () => {
    assertSameForAll(fc.record({ shape: shapes, seed }), ({ seed, shape }) => {
      const k = seed % (shape.at(-1)! + 1)
      const repeated = random(shape, seed).mul(3).round()
      return [repeated, repeated.toInt()].flatMap((x) => {
        const { indices, values } = tf.topk(x, k)
        return [values, indices]
      })
    })
  })

  it("takes infinities and single numbers", () => {
    assertSameOnBoth(() => {
      const { indices, values } = tf.topk(tf.tensor([1, Infinity, -Infinity, 5]), 4)
      return [values, indices, tf.topk(tf.tensor([3])).values]
    })
  })
})

describe("searchSorted", () => {
  it("finds the place before or behind equals", () => {
    const cases = fc.record({
      rows: fc.integer({ min: 1, max: 3 }),
      length: fc.constantFrom(1, 2, 3, 4, 7, 8, 31),
      count: fc.constantFrom(1, 2, 9),
      seed
    })
    assertSameForAll(cases, ({ count, length, rows, seed }) => {
      const sorted = tf.cumsum(random([rows, length], seed).abs().mul(2).round(), 1)
      const values = random([rows, count], seed + 1)
        .mul(length)
        .round()
      return [
        tf.searchSorted(sorted, values, "left"),
        tf.searchSorted(sorted, values, "right"),
        tf.searchSorted(sorted.toInt(), values.toInt(), "right"),
        tf.lowerBound(sorted, values)
      ]
    })
  })

  it("finds places among nothing", () => {
    const [places] = runOn(backendName, () => {
      const inputs = { sortedSequence: tf.zeros([2, 0]), values: tf.zeros([2, 3]) }
      return tf.engine().runKernel("SearchSorted", inputs, { side: "left" }) as Tensor
    })
    assert.deepStrictEqual(places!.values, [0, 0, 0, 0, 0, 0])
  })
})

describe("bincount", () => {
  const cases = fc.record({
    rows: fc.integer({ min: 1, max: 3 }),
    count: fc.constantFrom(0, 1, 5, 30),
    size: fc.constantFrom(0, 1, 4, 9),
    binary: fc.boolean(),
    seed
  })

  it("counts or adds weights, leaving out what is too large", () => {
    assertSameForAll(cases, ({ binary, count, rows, seed, size }) => {
      const numbers = random([rows, count], seed).abs().mul(7).toInt() as Tensor2D
      const weights = random([rows, count], seed + 1) as Tensor2D
      const [first, firstWeights] = [numbers.slice([0], [1]), weights.slice([0], [1])].map((x) =>
        x.reshape([count])
      ) as [Tensor1D, Tensor1D]
      const none = tf.tensor1d([])
      return [
        tf.bincount(first, none, size),
        tf.bincount(first, firstWeights, size),
        tf.denseBincount(first, firstWeights, size),
        tf.denseBincount(numbers, weights, size, binary),
        tf.denseBincount(numbers, none as unknown as Tensor2D, size, binary)
      ]
    })
  })

  it("counts in the type of the weights", () => {
    assertSameOnBoth(() =>
      tf.bincount(tf.tensor1d([1, 1, 3], "int32"), tf.tensor1d([4, 5, 6], "int32"), 5)
    )
  })

  it("counts negative numbers nowhere", () => {
    const [counts] = runOn(backendName, () =>
      tf.bincount(tf.tensor1d([-1, 0, 2, -7], "int32"), tf.tensor1d([]), 3)
    )
    assert.deepStrictEqual(counts!.values, [1, 0, 1])
  })
})
