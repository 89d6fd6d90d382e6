import { Ajv } from "ajv"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { beforeAll, assert, describe, it } from "vitest"
import { compile, type TopLevelSpec } from "vega-lite"
import { rateChart, testLossChart } from "../../src/figures/chart/epoch-charts.ts"
import { rateData, testLossData } from "../../src/figures/chart/epoch-data.ts"
import { firstView, lossChart } from "../../src/figures/chart/loss-chart.ts"
import { lossData } from "../../src/figures/chart/loss-data.ts"
import { svgOf } from "../../src/figures/chart/render.ts"
import type { Figure } from "../../src/figures/chart/spec.ts"
import { type Comparison, compareRuns } from "../../src/figures/comparison/comparison.ts"
import { type ComparedRun, joinRuns } from "../../src/figures/comparison/runs.ts"
import { synthetic } from "./synthetic.ts"

const comparison = compareRuns(joinRuns(synthetic({ epochs: 3, stepsPerEpoch: 50 })), {
  over: "seed"
})
const fromLosses = (...losses: ReadonlyArray<ReadonlyArray<number>>): Comparison =>
  compareRuns(
    losses.map((values, index) => ({
      label: `kind=${index}`,
      value: {
        scalars: {},
        metrics: {
          type: "Metrics",
          scalars: {},
          series: values.map((loss, step) => ({ step: step + 1, loss }))
        }
      } satisfies ComparedRun
    }))
  )

const allFigures = (of: Comparison): ReadonlyMap<string, Figure> => {
  const data = lossData(of, undefined)!
  const [rates, tests] = [rateData(of), testLossData(of)]
  const figures = new Map<string, Figure>()
  for (const place of ["page", "alone"] as const) {
    if (rates.length > 0) figures.set(`rates ${place}`, rateChart(of, rates, place))
    for (const scale of ["linear", "log"] as const) {
      const view = { ...firstView(data), place, scale }
      figures.set(`loss ${place} ${scale}`, lossChart(of, data, view))
      if (tests.length > 0) {
        figures.set(`test loss ${place} ${scale}`, testLossChart(of, tests, place, scale))
      }
    }
  }
  return figures
}

describe("the figures", () => {
  let valid: (spec: unknown) => string
  beforeAll(() => {
    const file = fileURLToPath(import.meta.resolve("vega-lite/vega-lite-schema.json"))
    const ajv = new Ajv({ strict: false, validateFormats: false, logger: false })
    const validate = ajv.compile(JSON.parse(readFileSync(file, "utf8")) as object)
    valid = (spec) => (validate(spec) ? "" : ajv.errorsText(validate.errors).slice(0, 500))
  })

  const one = fromLosses(Array.from({ length: 8 }, (_, step) => 1 / (1 + step)))
  const many = fromLosses(...Array.from({ length: 20 }, (_, run) => [3, 2, 1, 1 / (1 + run)]))
  it.each([
    ["eight variants over seeds", comparison],
    ["a single run", one],
    ["more variants than colours", many]
  ])("are valid Vega-Lite and compile without a warning: %s", (_, of) => {
    for (const [name, { spec }] of allFigures(of)) {
      assert.strictEqual(valid(spec), "", name)
      const warnings: Array<string> = []
      const note = (...words: ReadonlyArray<string>) => {
        warnings.push(words.join(" "))
        return logger
      }
      const logger = { level: () => logger, error: note, warn: note, info: note, debug: note }
      compile(spec satisfies TopLevelSpec, { logger })
      assert.deepStrictEqual(warnings, [], name)
    }
  })

  it("are drawn to SVG, each the same again, whatever was drawn before", async () => {
    const figures = allFigures(comparison)
    const loss = figures.get("loss alone log")!
    const first = await svgOf(loss)
    await svgOf(figures.get("rates alone")!)
    assert.strictEqual(await svgOf(loss), first)
    assert.match(first, /^<svg /)
    assert.include(first, ">fixed-1e-2<")
    assert.include(first, "training loss")
    assert.notMatch(first, /NaN|undefined/)
  })
})

describe("lossData", () => {
  it("has a band over runs, and levels of smoothing around a fiftieth", () => {
    const data = lossData(comparison, undefined)!
    assert.deepStrictEqual(data.progress, ["step", "epoch", "seconds"])
    assert.strictEqual(data.raw.length, 24)
    assert.strictEqual(data.smooth.length, 8)
    assert.deepStrictEqual(data.windows, [2, 8])
    const [curve] = data.smooth
    const { high1, low1, mean1, step } = curve as unknown as Record<string, ReadonlyArray<number>>
    assert.strictEqual(step!.at(-1), 150)
    for (const [index, mean] of mean1!.entries()) {
      assert.isAtMost(low1![index]!, mean)
      assert.isAtLeast(high1![index]!, mean)
    }
  })

  it("begins with the smoothing that was asked for", () => {
    const { window, windows } = lossData(comparison, 40)!
    assert.strictEqual(windows[window], 40)
  })

  it("counts epochs in fractions, and time by how long each took", () => {
    const { raw } = lossData(comparison, undefined)!
    const { epoch = [], seconds = [], step } = raw[0]!
    const seconds0 = synthetic({ epochs: 3, stepsPerEpoch: 50 }).epochSeconds[0]!.value
    const at = step.indexOf(75)
    assert.strictEqual(epoch[at], 1.5)
    assert.closeTo(seconds[at]!, seconds0[0]! + seconds0[1]! / 2, 1e-3)
    assert.closeTo(seconds.at(-1)!, seconds0[0]! + seconds0[1]! + seconds0[2]!, 1e-3)
  })

  it("stays small, and keeps spikes", () => {
    const long = Array.from({ length: 30 }, (_, run) =>
      Array.from({ length: 3000 }, (_, step) => (step === 2345 ? 99 + run : 1 / (1 + step)))
    )
    const data = lossData(fromLosses(...long), undefined)!
    assert.isBelow(JSON.stringify(data).length, 800_000)
    for (const [run, { loss }] of data.raw.entries()) {
      assert.strictEqual(Math.max(...loss.map((value) => value ?? 0)), 99 + run)
    }
    assert.isTrue(data.linear.cut)
    assert.isBelow(data.linear.high, 2)
  })

  it("leaves gaps where losses are not finite, and one diverged run does not set the linear axis", () => {
    const falling = Array.from({ length: 200 }, (_, step) => 1 / (1 + step / 10))
    const lost = falling.map((loss, step) => (step > 150 ? Number.NaN : loss))
    const grown = falling.map((_, step) => 1.1 ** step)
    const data = lossData(fromLosses(falling, lost, grown), undefined)!
    assert.isNull(data.raw[1]!.loss.at(-1))
    assert.isBelow(data.linear.high, 2)
    assert.isAbove(data.log!.high, 1e7)
  })

  it("is nothing without losses", () => {
    assert.isUndefined(lossData(compareRuns([{ label: "a", value: { scalars: {} } }]), undefined))
  })
})

describe("the smaller figures", () => {
  it("draw a schedule once where the seeds agree, with few points where it has few turns", () => {
    const rates = rateData(comparison)
    assert.strictEqual(rates.length, 8)
    assert.deepStrictEqual(rates[1]!.step, [1, 150])
    assert.deepStrictEqual(rates[0]!.step, [1, 50, 51, 100, 101, 150])
  })

  it("draw test losses as mean, lowest and highest over the runs", () => {
    const [row] = testLossData(comparison)
    assert.deepInclude(row, { variant: 0, epoch: 1 })
    assert.isTrue(row!.low < row!.mean && row!.mean < row!.high)
  })
})
