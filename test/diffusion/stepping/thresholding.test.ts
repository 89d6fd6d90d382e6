import type { Tensor4D } from "@tensorflow/tfjs"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { steppingParams } from "../../../src/diffusion/sampling/estimator-params.ts"
import {
  quantile,
  threshold,
  type Thresholding
} from "../../../src/diffusion/stepping/thresholding.ts"
import { compile } from "../../../src/engine/compile.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { compute } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { assertSameOnBoth } from "../../support/backends.ts"

const float = fc.float({ min: -4, max: 4, noNaN: true })
const ratio = fc.double({ min: 0, max: 1, noNaN: true })

/** numpy.quantile of one row, in float64. */
const expectedQuantile = (row: ReadonlyArray<number>, ratio: number): number => {
  const sorted = row.toSorted((a, b) => a - b)
  const position = ratio * (row.length - 1)
  const [below, above] = [Math.floor(position), Math.ceil(position)]
  return sorted[below]! + (sorted[above]! - sorted[below]!) * (position - below)
}

const run = (values: ReadonlyArray<number>, count: number, thresholding: Thresholding) =>
  compute(() =>
    threshold(tf.tensor4d([...values], [count, 1, values.length / count, 1]), thresholding)
  )

describe("quantile", () => {
  it("is numpy's, row by row", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }).chain((columns) =>
          fc.array(fc.array(float, { minLength: columns, maxLength: columns }), {
            minLength: 1,
            maxLength: 3
          })
        ),
        ratio,
        (rows, ratio) => {
          const actual = compute(() => quantile(tf.tensor2d(rows), ratio))
          assert.strictEqual(actual.length, rows.length)
          for (const [i, row] of rows.entries()) {
            // A difference, a product and a sum, of values up to 8.
            assert.closeTo(actual[i]!, expectedQuantile(row, ratio), 2e-6)
          }
        }
      )
    )
  })

  it("is a value of the row where the position is a whole number", () => {
    const row = Array.from({ length: 21 }, (_, i) => Math.fround(Math.sin(i)))
    const sorted = row.toSorted((a, b) => a - b)
    for (const [ratio, at] of [
      [0, 0],
      [0.5, 10],
      [0.95, 19],
      [1, 20]
    ] as const) {
      assert.strictEqual(compute(() => quantile(tf.tensor2d([row]), ratio))[0], sorted[at])
    }
  })
})

describe("dynamic thresholding", () => {
  it("clips each image to its quantile and divides by it", () => {
    const images = fc.array(fc.array(float, { minLength: 12, maxLength: 12 }), {
      minLength: 1,
      maxLength: 3
    })
    fc.assert(
      fc.property(
        images,
        ratio,
        fc.double({ min: 1, max: 5, noNaN: true }),
        (rows, ratio, maximum) => {
          const actual = run(rows.flat(), rows.length, { kind: "dynamic", ratio, maximum })
          for (const [i, row] of rows.entries()) {
            const found = expectedQuantile(row.map(Math.abs), ratio)
            const limit = Math.min(Math.max(found, 1), maximum)
            for (const [j, value] of row.entries()) {
              const expected = Math.min(Math.max(value, -limit), limit) / limit
              assert.closeTo(actual[i * 12 + j]!, expected, 2e-6)
            }
          }
        }
      )
    )
  })

  it("is clipping to ±1 where the maximum is 1", () => {
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 20 }), ratio, (values, ratio) => {
        assert.deepStrictEqual(
          run(values, 1, { kind: "dynamic", ratio, maximum: 1 }),
          run(values, 1, { kind: "clip", minimum: -1, maximum: 1 })
        )
      })
    )
  })

  it("is the same on TensorFlow.js's own kernels", () => {
    const values = normal(3, "images", 2 * 16 * 16 * 3).map((x) => 1.5 * x)
    assertSameOnBoth(() => {
      const images = tf.tensor4d(values, [2, 16, 16, 3])
      return [0.5, 0.95, 1].map((ratio) =>
        threshold(images, { kind: "dynamic", ratio, maximum: 2 })
      )
    }, 1e-6)
  })

  it("can be recorded, and then looks at the new images", () => {
    const recorded = compile((x: Tensor4D) =>
      threshold(x, { kind: "dynamic", ratio: 0.5, maximum: 10 })
    )
    const at = (scale: number) =>
      compute(() =>
        recorded(
          tf.tensor4d(
            [1, -2, 3].map((x) => x * scale),
            [1, 1, 3, 1]
          )
        )
      )
    assert.deepStrictEqual([...at(1)], [0.5, -1, 1])
    assert.deepStrictEqual([...at(2)], [0.5, -1, 1])
    assert.deepStrictEqual([...at(0.25)], [0.25, -0.5, 0.75])
  })
})

describe("other thresholding", () => {
  it("clips to a range, or does nothing", () => {
    const values = [-3, -0.5, 0.25, 2]
    assert.deepStrictEqual(
      [...run(values, 1, { kind: "clip", minimum: 0, maximum: 1 })],
      [0, 0, 0.25, 1]
    )
    assert.deepStrictEqual([...run(values, 1, { kind: "none" })], values)
  })
})

describe("the parameter thresholding", () => {
  const decode = (value: unknown) => Schema.decodeUnknownSync(steppingParams.thresholding)(value)

  it("reads every kind, with DeepFloyd IF's ratio when none is given", () => {
    assert.strictEqual(decode("clip"), "clip")
    assert.strictEqual(decode("none"), "none")
    assert.deepStrictEqual<unknown>(decode({ kind: "dynamic", maximum: 1.5 }), {
      kind: "dynamic",
      ratio: 0.95,
      maximum: 1.5
    })
  })

  it("refuses limits that limit nothing", () => {
    for (const value of [
      { kind: "dynamic", maximum: 0.9 },
      { kind: "dynamic", maximum: 1.5, ratio: 1.1 },
      { kind: "dynamic", maximum: 1.5, ratio: -0.1 },
      { kind: "dynamic" },
      { kind: "static" }
    ]) {
      assert.throws(() => decode(value))
    }
  })
})
