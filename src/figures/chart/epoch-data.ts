/** What the smaller figures draw: learning rates by step, and losses on the test images by epoch. */
import type { Comparison } from "../comparison/comparison.ts"
import type { ComparedRun } from "../comparison/runs.ts"
import { spreadOf } from "../../values/aggregate.ts"
import { evenlySpaced } from "./smooth.ts"

/** Columns of equal length. */
export interface RateData {
  readonly variant: number
  readonly run: string
  readonly step: ReadonlyArray<number>
  readonly rate: ReadonlyArray<number>
}

const ratePoints = 300

/** One line a variant, or one a run where the runs differ; only the steps at which a rate changes, where they are few. */
export const rateData = ({ variants }: Comparison): ReadonlyArray<RateData> =>
  variants.flatMap(({ runs }, variant) => {
    const lines = runs.flatMap(({ label, value }) => {
      const line = ratesOf(value)
      return line.step.length === 0 ? [] : [{ variant, run: label, ...line }]
    })
    const distinct = new Map(lines.map((line) => [JSON.stringify([line.step, line.rate]), line]))
    return [...distinct.values()]
  })

const ratesOf = ({ metrics }: ComparedRun): Pick<RateData, "step" | "rate"> => {
  const rows = (metrics?.series ?? []).flatMap(({ learningRate, step }, index) =>
    typeof learningRate === "number" && Number.isFinite(learningRate)
      ? [{ rate: learningRate, step: typeof step === "number" ? step : index + 1 }]
      : []
  )
  const turns = rows.filter(
    ({ rate }, index) =>
      rate !== rows[index - 1]?.rate || rate !== rows[index + 1]?.rate || index === rows.length - 1
  )
  const kept = evenlySpaced(turns.length, ratePoints).map((index) => turns[index]!)
  return {
    step: kept.map(({ step }) => step),
    rate: kept.map(({ rate }) => Number(rate.toPrecision(6)))
  }
}

export interface TestLossRow {
  readonly variant: number
  readonly epoch: number
  readonly mean: number
  readonly low: number
  readonly high: number
}

/** Mean, lowest and highest over the runs of each variant; empty when nothing was tested. */
export const testLossData = ({ variants }: Comparison): ReadonlyArray<TestLossRow> =>
  variants.flatMap(({ runs }, variant) => {
    const tested = runs.flatMap(({ value }) =>
      (value.epochs?.series ?? []).flatMap(({ epoch, testLoss }) =>
        typeof epoch === "number" && typeof testLoss === "number" && Number.isFinite(testLoss)
          ? [{ epoch, testLoss }]
          : []
      )
    )
    return [...Map.groupBy(tested, ({ epoch }) => epoch)].map(([epoch, rows]) => {
      const { max, mean, min } = spreadOf(rows.map(({ testLoss }) => testLoss))
      return { variant, epoch, mean, low: min, high: max }
    })
  })
