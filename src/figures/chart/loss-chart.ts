/** Losses by step, epoch or time: faint raw lines, smoothed ones over them, and the range over runs behind those. */
import type { Comparison } from "../comparison/comparison.ts"
import { type LossData, lossData, type Progress } from "./loss-data.ts"
import { svgOf } from "./render.ts"
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

/** How the figure begins; a page changes all of it. */
export interface FirstView {
  readonly scale: "linear" | "log"
  readonly progress: Progress
  /** Level of smoothing, from 1; 0 shows raw lines alone. */
  readonly level: number
}

export interface LossView extends FirstView {
  readonly place: Place
}

/** Logarithmic where there is more than a factor of five to see. */
export const firstView = (data: LossData | undefined, progress: Progress = "step"): FirstView => ({
  scale: data?.log !== undefined && data.log.high > 5 * data.log.low ? "log" : "linear",
  progress: data?.progress.includes(progress) === true ? progress : "step",
  level: data === undefined || data.windows.length === 0 ? 0 : data.window + 1
})

/** The figure as a file of its own; undefined when no run has a series of losses. */
export const lossSvg = async (
  comparison: Comparison,
  options: { readonly smoothing?: number; readonly progress?: Progress } = {}
): Promise<string | undefined> => {
  const data = lossData(comparison, options.smoothing)
  if (data === undefined) return undefined
  const view = firstView(data, options.progress)
  return svgOf(lossChart(comparison, data, { ...view, place: "alone" }))
}

/** Many lines over one another stay in the background as few do. */
const rawOpacity = (lines: number): number =>
  Number(Math.min(0.35, Math.max(0.08, 0.5 / Math.sqrt(lines))).toFixed(2))

export const progressTitles: { readonly [name in Progress]: string } = {
  step: "step",
  epoch: "epoch",
  seconds: "training time in seconds"
}

export const lossChart = (
  comparison: Comparison,
  data: LossData,
  { level, place, progress, scale }: LossView
): Figure => {
  const style = variantStyle(comparison, place)
  const levels = Math.max(1, data.windows.length)
  const banded = data.smooth.some((columns) => columns["low1"] !== undefined)
  const positive = scale === "log" && data.log !== undefined
  const domain = positive ? data.log : data.linear
  const parts = banded ? (["mean", "low", "high"] as const) : (["mean"] as const)
  const columns = Array.from({ length: levels }, (_, index) =>
    parts.map((part) => `${part}${index + 1}`)
  ).flat()
  const x = {
    field: "at",
    type: "quantitative",
    title: progressTitles[progress],
    scale: { nice: false, zero: false },
    axis: { grid: false, labelExpr: countLabel, tickCount: 8 }
  } as const
  const y = (field: string) =>
    ({
      field,
      type: "quantitative",
      title: "training loss",
      scale: {
        type: positive ? "log" : "linear",
        domain: [domain?.low ?? 0, domain?.high ?? 1],
        nice: false
      },
      axis: positive
        ? { format: "~g", values: logTicks(domain?.low ?? 1, domain?.high ?? 10) }
        : { format: "~g", tickCount: 6 }
    }) as const
  const show = [isShown, { calculate: "datum[progress]", as: "at" }]
  const chosen = (part: string) => ({ calculate: `datum['${part}' + max(level, 1)]`, as: part })
  const above = (field: string) => (positive ? [{ filter: `datum.${field} > 0` }] : [])
  const flattenSmooth = { flatten: [...data.progress, ...columns] }
  return {
    spec: vegaLite({
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      ...frameOf(place, place === "page" ? 360 : 380),
      params: [
        hiddenVariants,
        { name: "progress", value: progress },
        { name: "level", value: level },
        { name: "raw", value: 1 }
      ],
      layer: [
        {
          data: { name: "raw" },
          transform: [{ flatten: [...data.progress, "loss"] }, ...show, ...above("loss")],
          mark: {
            type: "line",
            clip: true,
            strokeWidth: { expr: "level == 0 ? 1 : 0.7" },
            opacity: { expr: `level == 0 ? 0.85 : raw == 0 ? 0 : ${rawOpacity(data.raw.length)}` }
          },
          encoding: {
            x,
            y: y("loss"),
            color: style.color,
            strokeDash: { value: [1, 0] },
            detail: { field: "run", type: "nominal" }
          }
        },
        ...(banded
          ? [
              {
                data: { name: "smooth" },
                transform: [flattenSmooth, ...show, chosen("low"), chosen("high"), ...above("low")],
                mark: {
                  type: "area",
                  clip: true,
                  opacity: { expr: "level == 0 ? 0 : 0.2" },
                  line: false
                },
                encoding: {
                  x,
                  y: y("low"),
                  y2: { field: "high" },
                  color: style.color
                }
              } as const
            ]
          : []),
        {
          data: { name: "smooth" },
          transform: [flattenSmooth, ...show, chosen("mean"), ...above("mean")],
          mark: {
            type: "line",
            clip: true,
            strokeWidth: 2,
            opacity: { expr: "level == 0 ? 0 : 1" },
            strokeJoin: "round"
          },
          encoding: { x, y: y("mean"), color: style.color, strokeDash: style.strokeDash }
        }
      ]
    }),
    datasets: { raw: data.raw, smooth: data.smooth }
  }
}
