/** Reductions, against tfjs's cpu kernels. */
import type { Tensor } from "@tensorflow/tfjs"
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { backendName } from "#src/engine/backend/register.ts"
import { assertSameOnBoth, library as tf, random, runOn } from "../../support/backends.ts"
import { assertSameForAll } from "./same-for-all.ts"

type Reduction = (x: Tensor, axis?: number | Array<number>, keepDims?: boolean) => Tensor

const reductions: ReadonlyArray<Reduction> = [tf.sum, tf.mean, tf.max, tf.min, tf.prod]

const cases = (dims: ReadonlyArray<number>) =>
  fc
    .record({
      shape: fc.array(fc.constantFrom(...dims), { maxLength: 5 }),
      chosen: fc.nat(),
      fromEnd: fc.boolean(),
      keepDims: fc.boolean(),
      seed: fc.nat(1000)
    })
    .map(({ chosen, fromEnd, keepDims, seed, shape }) => ({
      shape,
      keepDims,
      fromEnd,
      seed,
      axes: shape.flatMap((_, axis) =>
        (chosen >> axis) & 1 ? [fromEnd ? axis - shape.length : axis] : []
      )
    }))

describe("reductions", () => {
  it("give tfjs's values over any axes, of empty tensors, too", () => {
    assertSameForAll(cases([0, 1, 2, 3, 4, 7]), ({ axes, keepDims, seed, shape }) =>
      reductions.map((reduce) => reduce(random(shape, seed), axes, keepDims))
    )
  })

  it("give tfjs's gradients", () => {
    // tfjs's gradient of prod knows no negative axes.
    const counted = cases([1, 2, 3, 4]).filter(({ fromEnd }) => !fromEnd)
    assertSameForAll(counted, ({ axes, keepDims, seed, shape }) =>
      reductions.map((reduce) =>
        tf.grad((x) => reduce(x, axes, keepDims).square().sum())(random(shape, seed))
      )
    )
  })

  it("of int32 and bool have tfjs's types and values", () => {
    assertSameForAll(cases([0, 1, 2, 3, 4, 7]), ({ axes, keepDims, seed, shape }) => {
      const whole = random(shape, seed).mul(5).round().toInt()
      const truths = random(shape, seed + 1).greater(-0.3)
      return [
        // Products of many small numbers would overflow, and then differ.
        ...reductions.map((reduce) =>
          reduce(reduce === tf.prod ? whole.sign() : whole, axes, keepDims)
        ),
        ...[tf.sum, tf.mean, tf.prod, tf.all, tf.any].map((reduce) =>
          reduce(truths, axes, keepDims)
        )
      ]
    })
  })

  it("sum int32 beyond what float32 counts exactly", () => {
    assertSameOnBoth(() => tf.tensor1d([16_777_217, 2, 1], "int32").sum(), 0)
  })

  it("lose no NaN, wherever it is", () => {
    const places = [0, 1, 8, 36]
    assertSameOnBoth(() =>
      places.flatMap((place) => {
        const row = Array.from({ length: 37 }, (_, at) => (at === place ? NaN : at - 10))
        const rows = tf.tensor2d([row, row.map((value) => value || 1), row.map(() => 3)])
        return reductions.flatMap((reduce) => [reduce(rows), reduce(rows, 0), reduce(rows, 1)])
      })
    )
  })

  it("of infinities are infinite", () => {
    assertSameOnBoth(() => {
      const x = tf.tensor2d([
        [-Infinity, -Infinity],
        [Infinity, 3],
        [-Infinity, 3]
      ])
      return [tf.max(x, 1), tf.min(x, 1), tf.sum(x, 1), tf.max(x), tf.min(x)]
    })
  })

  it("refuse axes that are not there, when they are called", () => {
    void tf.setBackend(backendName)
    tf.tidy(() => {
      for (const reduce of reductions) assert.throws(() => reduce(tf.zeros([2, 3]), 2), /axis 2/)
    })
  })
})

describe("argMax and argMin", () => {
  it("find the first of equals along any axis", () => {
    assertSameForAll(
      cases([1, 2, 3, 5]).filter(({ shape }) => shape.length > 0),
      ({ seed, shape }) => {
        const axis = seed % shape.length
        const repeated = random(shape, seed).mul(2).round()
        return [repeated, repeated.toInt(), repeated.greater(0)].flatMap((x) => [
          tf.argMax(x, axis),
          tf.argMin(x, axis - shape.length)
        ])
      }
    )
  })

  it("pass over NaN as tfjs does", () => {
    const rows = [
      [1, NaN, 2],
      [NaN, 1, 2],
      [NaN, NaN, NaN],
      [-Infinity, NaN, -Infinity],
      [Infinity, NaN, 3],
      [NaN, -Infinity, 3]
    ]
    assertSameOnBoth(() => [tf.argMax(rows, 1), tf.argMin(rows, 1), tf.argMax(rows, 0)])
  })

  it("of nothing are 0", () => {
    const [result] = runOn(backendName, () => tf.argMax(tf.zeros([2, 0]), 1))
    assert.deepStrictEqual(result!.values, [0, 0])
  })
})
