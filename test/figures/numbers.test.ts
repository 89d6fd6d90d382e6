import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { evenlySpaced, extremes, movingMean, roundDown } from "../../src/figures/chart/smooth.ts"
import { logTicks } from "../../src/figures/chart/spec.ts"
import { numberText, placesOf, spreadText } from "../../src/figures/number-text.ts"
import { spreadOf } from "../../src/values/aggregate.ts"

describe("numberText", () => {
  it.each([
    [0.012345, "0.01235"],
    [0.1, "0.1"],
    [1e-4, "1e-4"],
    [0.000123456, "1.235e-4"],
    [3, "3"],
    [12_345.6, "12\u202F346"],
    [5_600_000, "5\u202F600\u202F000"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "∞"],
    [-0.25, "-0.25"]
  ])("writes %d as %s", (value, text) => assert.strictEqual(numberText(value), text))
})

describe("spreadText", () => {
  it("writes the mean to the place of the deviation's first digit, or its second after a 1", () => {
    assert.strictEqual(spreadText(spreadOf([0.0931, 0.0935, 0.0939])), "0.0935 ± 0.0004")
    assert.strictEqual(spreadText(spreadOf([0.0931, 0.0932, 0.0933])), "0.09320 ± 0.00010")
    assert.strictEqual(spreadText(spreadOf([100, 140])), "120 ± 28")
  })

  it("has no deviation of one number, and none to speak of where all are equal", () => {
    assert.strictEqual(spreadText(spreadOf([0.5])), "0.5")
    assert.strictEqual(spreadText(spreadOf([0.5, 0.5])), "0.5 ± 0")
  })

  it("keeps a column to one place, but no deviation vanishes in it", () => {
    const column = [spreadOf([0.5, 0.52]), spreadOf([0.3, 0.31]), spreadOf([0.002, 0.00203])]
    const places = placesOf(column)
    assert.deepStrictEqual(
      column.map((spread) => spreadText(spread, places)),
      ["0.510 ± 0.014", "0.305 ± 0.007", "0.00202 ± 0.00002"]
    )
  })

  it("uses exponents for what is very small", () => {
    assert.strictEqual(spreadText(spreadOf([1.1e-9, 1.3e-9])), "1.20e-9 ± 0.14e-9")
  })
})

describe("movingMean", () => {
  it("is the mean over the window, which is narrower at the start and cut at the end", () => {
    assert.deepStrictEqual([...movingMean([6, 3, 0, 3, 6], 3)], [6, 3, 2, 3, 4.5])
    assert.deepStrictEqual([...movingMean([6, 3, 0, 3, 6], 1)], [6, 3, 0, 3, 6])
  })

  it("leaves a gap where the window meets something that is not finite, and goes on behind it", () => {
    const means = movingMean([1, Number.NaN, 1, 1, 1], 3)
    assert.deepStrictEqual([...means].map(Number.isNaN), [false, true, true, false, false])
  })

  it("stays within its values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1 }),
        fc.integer({ min: 1, max: 50 }),
        (values, window) => {
          const [low, high] = [Math.min(...values), Math.max(...values)]
          for (const mean of movingMean(values, window)) {
            assert.isAtLeast(mean, low - 1e-9)
            assert.isAtMost(mean, high + 1e-9)
          }
        }
      )
    )
  })
})

describe("thinning out", () => {
  it("keeps the first, the last, and even distances", () => {
    assert.deepStrictEqual(evenlySpaced(101, 5), [0, 25, 50, 75, 100])
    assert.deepStrictEqual(evenlySpaced(3, 5), [0, 1, 2])
  })

  it("keeps the lowest and the highest of each stretch, in order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true }), { minLength: 41, maxLength: 400 }),
        (values) => {
          const kept = extremes(values, 10)
          assert.isAtMost(kept.length, 20)
          assert.deepStrictEqual(
            kept,
            kept.toSorted((a, b) => a - b)
          )
          for (let stretch = 0; stretch < 10; stretch += 1) {
            const from = Math.floor((stretch * values.length) / 10)
            const to = Math.floor(((stretch + 1) * values.length) / 10)
            const [all, some] = [
              values.slice(from, to),
              kept.filter((index) => index >= from && index < to).map((index) => values[index]!)
            ]
            assert.strictEqual(Math.min(...some), Math.min(...all))
            assert.strictEqual(Math.max(...some), Math.max(...all))
          }
        }
      )
    )
  })

  it("rounds windows to 1, 2 or 5 times a power of ten", () => {
    assert.deepStrictEqual([0.3, 1.9, 4.9, 7, 19, 187].map(roundDown), [1, 1, 2, 5, 10, 100])
  })
})

it("rules a logarithmic axis more finely the shorter it is", () => {
  assert.deepStrictEqual(logTicks(0.09, 1.1), [0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1])
  assert.deepStrictEqual(logTicks(0.009, 1.1), [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1])
  assert.deepStrictEqual(logTicks(1e-6, 1e-2), [1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
})
