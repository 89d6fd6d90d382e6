import { assert, describe, it } from "@effect/vitest"
import { number } from "../../src/report/value/number.ts"
import { statisticsOf } from "../../src/report/value/statistics.ts"
import { summarise } from "../../src/report/value/summary.ts"

describe("statisticsOf", () => {
  it("leaves NaN and infinities out, and counts them", () => {
    const found = statisticsOf([1, Number.NaN, 3, Number.POSITIVE_INFINITY])
    assert.deepStrictEqual(found, { count: 4, notFinite: 2, min: 1, max: 3, mean: 2, deviation: 1 })
  })

  it("has no numbers for nothing", () => {
    assert.deepStrictEqual(statisticsOf([]), { count: 0, notFinite: 0 })
  })

  it("keeps small deviations around a large mean", () => {
    // The textbook formula, mean of squares minus square of mean, gives 0 here.
    const found = statisticsOf([1e9, 1e9 + 1, 1e9 + 2])
    assert.closeTo(found.deviation ?? 0, Math.sqrt(2 / 3), 1e-6)
  })
})

describe("summarise", () => {
  it("samples a schedule from its first to its last timestep", () => {
    const alphaBar = Array.from({ length: 1000 }, (_, t) => 1 - t / 1000)
    const summary = summarise({ type: "NoiseSchedule", kind: "linear", betas: alphaBar, alphaBar })
    assert.strictEqual(summary.type, "NoiseSchedule")
    assert.deepStrictEqual(
      summary.type === "NoiseSchedule" ? summary.points.map(({ t }) => t) : [],
      [0, 250, 500, 750, 999]
    )
    const one = summarise({ type: "NoiseSchedule", kind: "linear", betas: [0.1], alphaBar: [0.9] })
    assert.deepStrictEqual(one.type === "NoiseSchedule" ? one.points : [], [
      { t: 0, beta: 0.1, alphaBar: 0.9 }
    ])
  })

  it("lists the columns of all rows of a series", () => {
    const summary = summarise({
      type: "Metrics",
      scalars: { mse: 1 },
      series: [{ step: 0 }, { step: 1, psnr: 20 }]
    })
    assert.deepStrictEqual(summary.type === "Metrics" ? summary.columns : [], ["step", "psnr"])
  })
})

describe("number", () => {
  it("says what matters in a few characters", () => {
    const cases = [0, 7, 0.125, 1 / 3, 123456.789, 1e-7, 4.2e12, Number.NaN]
    assert.deepStrictEqual(cases.map(number), [
      "0",
      "7",
      "0.125",
      "0.333333",
      "123457",
      "1.0000e-7",
      "4.2000e+12",
      "NaN"
    ])
  })
})
