/** The smaller figures: learning rates by step, and losses on the test images by epoch. */
import type { Comparison } from "../comparison/comparison.ts"
import type { RateData, TestLossRow } from "./epoch-data.ts"
import {
  type Figure,
  frameOf,
  hiddenVariants,
  isShown,
  logTicks,
  type Place,
  variantStyle,
  vegaLite,
  countLabel
} from "./spec.ts"

const smallHeight = 240

/** Of a logarithmic axis: what is further down is as good as no rate. */
const mostDecades = 4

/** Logarithmic where the rates span more than a factor of ten. */
export const rateChart = (
  comparison: Comparison,
  data: ReadonlyArray<RateData>,
  place: Place
): Figure => {
  const rates = data.flatMap(({ rate }) => rate)
  const most = Math.max(...rates)
  const least = Math.max(Math.min(...rates.filter((rate) => rate > 0)), most / 10 ** mostDecades)
  const log = most > 10 * least
  const style = variantStyle(comparison, place)
  return {
    spec: vegaLite({
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      ...frameOf(place, place === "page" ? smallHeight : 300),
      params: [hiddenVariants],
      data: { name: "rates" },
      transform: [
        { flatten: ["step", "rate"] },
        isShown,
        ...(log ? [{ calculate: `max(datum.rate, ${least / 2})`, as: "rate" }] : [])
      ],
      mark: { type: "line", strokeWidth: 2, opacity: 0.9, clip: true },
      encoding: {
        x: {
          field: "step",
          type: "quantitative",
          title: "step",
          scale: { nice: false, zero: false },
          axis: { grid: false, labelExpr: countLabel, tickCount: 6 }
        },
        y: {
          field: "rate",
          type: "quantitative",
          title: "learning rate",
          scale: log
            ? { type: "log", domain: [least / 1.15, most * 1.15], nice: false }
            : { type: "linear", domain: [0, most * 1.05 || 1], nice: false },
          axis: {
            format: most < 0.1 ? "~e" : "~g",
            ...(log ? { values: logTicks(least / 1.15, most * 1.15) } : { tickCount: 5 })
          }
        },
        ...style,
        detail: { field: "run", type: "nominal" }
      }
    }),
    datasets: { rates: data }
  }
}

export const testLossChart = (
  comparison: Comparison,
  rows: ReadonlyArray<TestLossRow>,
  place: Place,
  scale: "linear" | "log"
): Figure => {
  const log = scale === "log" && rows.every(({ low }) => low > 0)
  const epochs = [...new Set(rows.map(({ epoch }) => epoch))].toSorted((a, b) => a - b)
  const stride = Math.ceil(epochs.length / 12)
  const style = variantStyle(comparison, place)
  const [least, most] = [
    Math.min(...rows.map(({ low }) => low)),
    Math.max(...rows.map(({ high }) => high))
  ]
  const margin = (most - least) * 0.06 || Math.abs(most) * 0.1 || 1
  const domain = log
    ? [least / 1.08, most * 1.08]
    : [Math.max(least - margin, Math.min(least, 0)), most + margin]
  const x = {
    field: "epoch",
    type: "quantitative",
    title: "epoch",
    scale: { nice: false, zero: false, padding: 8 },
    axis: {
      grid: false,
      format: "d",
      labelOverlap: false,
      // Vega thins given values too, to as many as it would have made itself.
      tickCount: 24,
      tickMinStep: 0.5,
      values: epochs.filter((_, index) => index % stride === 0)
    }
  } as const
  const y = (field: string) =>
    ({
      field,
      type: "quantitative",
      title: "test loss",
      scale: { type: log ? "log" : "linear", domain, nice: false },
      axis: {
        format: "~g",
        ...(log ? { values: logTicks(domain[0] ?? 1, domain[1] ?? 10) } : { tickCount: 5 })
      }
    }) as const
  const spread = rows.some(({ high, low }) => high > low)
  return {
    spec: vegaLite({
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      ...frameOf(place, place === "page" ? smallHeight : 300),
      params: [hiddenVariants],
      data: { name: "tests" },
      transform: [isShown],
      layer: [
        ...(spread
          ? [
              {
                mark: { type: "area", clip: true, opacity: 0.15 },
                encoding: { x, y: y("low"), y2: { field: "high" }, color: style.color }
              } as const
            ]
          : []),
        {
          mark: { type: "line", strokeWidth: 1.75, clip: true },
          encoding: { x, y: y("mean"), ...style }
        },
        {
          mark: { type: "point", filled: true, size: 22, opacity: 1, clip: true },
          encoding: { x, y: y("mean"), color: style.color }
        }
      ]
    }),
    datasets: { tests: rows }
  }
}
