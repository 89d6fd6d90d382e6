import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import {
  axisWeights,
  containedSize,
  coverWindow,
  interpolations,
  resample,
  type Interpolation
} from "../../src/values/resample.ts"
import golden from "../parity/resample.json" with { type: "json" }

/** As in `test/parity/resample.py`. */
const pixels = ([height = 0, width = 0]: ReadonlyArray<number>) =>
  Array.from({ length: height * width }, (_, index) => {
    const [y, x] = [Math.floor(index / width), index % width]
    return ((y * 7919 + x * 104729 + 13) % 997) / 300 - 1.5
  })

const side = fc.integer({ min: 1, max: 40 })

describe("resample", () => {
  it("agrees with Pillow in floating point", () => {
    for (const { after, before, kernel, output } of golden.cases) {
      const resized = resample(
        pixels(before),
        1,
        axisWeights(before[0]!, after[0]!, kernel as Interpolation),
        axisWeights(before[1]!, after[1]!, kernel as Interpolation)
      )
      assert.strictEqual(resized.length, output.length)
      // Pillow keeps pixels in float32, whose rounding at 1.5 is 1.2e-7 a pass.
      resized.forEach((value, i) => assert.closeTo(value, output[i]!, 1e-6, kernel))
    }
  })

  it("agrees with Pillow on a window between pixels", () => {
    for (const { after, before, columns, kernel, output } of golden.windows) {
      const resized = resample(
        pixels(before),
        1,
        axisWeights(before[0]!, after[0]!, kernel as Interpolation),
        axisWeights(before[1]!, after[1]!, kernel as Interpolation, columns as [number, number])
      )
      resized.forEach((value, i) => assert.closeTo(value, output[i]!, 1e-6, kernel))
    }
  })

  it("keeps a plain image plain, whatever the sizes", () => {
    fc.assert(
      fc.property(fc.constantFrom(...interpolations), side, side, (kernel, before, after) => {
        const { starts, weights } = axisWeights(before, after, kernel)
        assert.strictEqual(starts.length, after)
        for (const [i, row] of weights.entries()) {
          assert.isAtLeast(starts[i]!, 0)
          assert.isAtMost(starts[i]! + row.length, before)
          assert.closeTo(
            row.reduce((sum, weight) => sum + weight, 0),
            1,
            1e-12
          )
        }
      })
    )
  })

  it("changes nothing when the size stays", () => {
    fc.assert(
      fc.property(fc.constantFrom(...interpolations), side, side, (kernel, height, width) => {
        const input = pixels([height, width])
        const same = resample(
          input,
          1,
          axisWeights(height, height, kernel),
          axisWeights(width, width, kernel)
        )
        same.forEach((value, i) => assert.closeTo(value, input[i]!, 1e-12))
      })
    )
  })

  it("keeps the mean by area", () => {
    fc.assert(
      fc.property(side, side, (before, after) => {
        const input = pixels([1, before])
        const output = resample(
          input,
          1,
          axisWeights(1, 1, "area"),
          axisWeights(before, after, "area")
        )
        const mean = (values: ArrayLike<number>) =>
          Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
        assert.closeTo(mean(output), mean(input), 1e-9)
      })
    )
  })
})

describe("fitting", () => {
  it("cuts the middle of a wide image for a square", () => {
    assert.deepStrictEqual(coverWindow([300, 451], [64, 64]), {
      rows: [0, 300],
      columns: [75.5, 375.5]
    })
  })

  it("keeps an image inside of another shape, at least one pixel of it", () => {
    assert.deepStrictEqual(containedSize([300, 600], [64, 64]), [32, 64])
    assert.deepStrictEqual(containedSize([1, 1000], [64, 64]), [1, 64])
  })
})
