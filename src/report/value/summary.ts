/** What can be said about a value in a few lines: the facts that `show` prints and `--json` hands on. */
import type { Json, JsonObject } from "../../base/json.ts"
import type { Value } from "../../values/values.ts"
import { type Statistics, statisticsOf } from "./statistics.ts"

export type Summary =
  | {
      readonly type: "Image" | "Images" | "Mask" | "Tensor"
      readonly shape: ReadonlyArray<number>
      readonly range?: string
      readonly dtype: string
      readonly statistics: Statistics
      readonly labels?: ReadonlyArray<string>
    }
  | {
      readonly type: "NoiseSchedule"
      readonly kind: string
      readonly steps: number
      /** A few timesteps from the first to the last. */
      readonly points: ReadonlyArray<{
        readonly t: number
        readonly beta: number
        readonly alphaBar: number
      }>
    }
  | {
      readonly type: "Metrics"
      readonly scalars: { readonly [name: string]: number }
      readonly columns: ReadonlyArray<string>
      readonly series: ReadonlyArray<{ readonly [column: string]: number | string }>
    }
  | {
      readonly type: "Table"
      readonly columns: ReadonlyArray<string>
      readonly rows: ReadonlyArray<{ readonly [column: string]: Json }>
    }
  | {
      readonly type: "File"
      readonly name: string
      readonly mediaType: string
      readonly sizeBytes: number
      readonly meta?: JsonObject
    }

export const summarise = (value: Value): Summary => {
  switch (value.type) {
    case "Image":
    case "Images":
    case "Mask":
    case "Tensor":
      return {
        type: value.type,
        shape: value.shape,
        ...("range" in value ? { range: value.range } : {}),
        dtype: dtypeOf(value.data),
        statistics: statisticsOf(value.data),
        ...("labels" in value && value.labels !== undefined ? { labels: value.labels } : {})
      }
    case "NoiseSchedule":
      return {
        type: value.type,
        kind: value.kind,
        steps: value.alphaBar.length,
        points: milestones(value.alphaBar.length).map((t) => ({
          t,
          beta: value.betas[t] ?? Number.NaN,
          alphaBar: value.alphaBar[t] ?? Number.NaN
        }))
      }
    case "Metrics":
      return {
        type: value.type,
        scalars: value.scalars,
        columns: [...new Set(value.series.flatMap((row) => Object.keys(row)))],
        series: value.series
      }
    case "Table":
      return { type: value.type, columns: value.columns, rows: value.rows }
    default:
      return {
        type: value.type,
        name: value.name,
        mediaType: value.mediaType,
        sizeBytes: value.bytes.byteLength,
        ...(value.meta === undefined ? {} : { meta: value.meta })
      }
  }
}

const dtypeOf = (data: Float32Array | Float64Array | Int32Array | Uint8Array): string =>
  data instanceof Float32Array
    ? "float32"
    : data instanceof Float64Array
      ? "float64"
      : data instanceof Int32Array
        ? "int32"
        : "uint8"

/** The first and last timestep and the quarters between them. */
const milestones = (steps: number): ReadonlyArray<number> => {
  const quarters = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(part * steps))
  return [...new Set(quarters.map((t) => Math.min(t, steps - 1)))].filter((t) => t >= 0)
}
