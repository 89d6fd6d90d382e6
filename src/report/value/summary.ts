/** What can be said about a value in a few lines: the facts that `show` prints and `--json` hands on. */
import type { Json, JsonObject } from "../../base/json.ts"
import type { Architecture, Dataset, Model, Value } from "../../values/values.ts"
import { predictionOf } from "../../values/estimator-tree.ts"
import { outlineOf } from "./estimator-outline.ts"
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
      readonly type: "Dataset"
      readonly name: string
      readonly shape: ReadonlyArray<number>
      readonly range: string
      /** Empty when the images have no labels. */
      readonly classes: ReadonlyArray<{ readonly name: string; readonly count: number }>
    }
  | {
      readonly type: "Pretrained"
      readonly kind: string
      readonly folder: string
      readonly files: ReadonlyArray<string>
      readonly sizeBytes: number
      readonly shape: ReadonlyArray<number>
      readonly range: string
      readonly prediction: string
    }
  | {
      readonly type: "Embedding"
      readonly kind: string
      readonly prompts: ReadonlyArray<string>
      readonly shape: ReadonlyArray<number>
    }
  | {
      readonly type: "Estimator"
      /** As an indented outline. */
      readonly tree: ReadonlyArray<string>
      readonly prediction?: string
      readonly networks: number
    }
  | ({ readonly type: "Model" } & ModelSummary)
  | ({ readonly type: "Models"; readonly labels: ReadonlyArray<string> } & ModelSummary)
  | {
      readonly type: "TrainingState"
      readonly epoch: number
      readonly step: number
      readonly tensors: number
      readonly numbers: number
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

export interface ModelSummary {
  readonly architecture: Architecture
  readonly range: string
  /** Absent until it is trained. */
  readonly prediction?: string
  /** Timesteps and kind of the noise schedule that it was trained with. */
  readonly schedule?: { readonly kind: string; readonly steps: number }
  /** Numbers that training changes; of checkpoints, those of one. */
  readonly parameters: number
  readonly tensors: number
  /** NaN and infinities in all of the weights. */
  readonly notFinite: number
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
    case "Dataset":
      return {
        type: value.type,
        name: value.name,
        shape: value.shape,
        range: value.range,
        classes: classCounts(value)
      }
    case "Pretrained": {
      const { files, folder, imageChannels, imageSize, kind, prediction, range } = value
      return {
        type: value.type,
        kind,
        folder,
        files: files.map(({ name }) => name),
        sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        shape: [imageSize, imageSize, imageChannels],
        range,
        prediction
      }
    }
    case "Embedding": {
      const { kind, prompts, shape } = value
      return { type: value.type, kind, prompts, shape }
    }
    case "Estimator": {
      const prediction = predictionOf(value)
      return {
        type: value.type,
        tree: outlineOf(value.tree),
        ...(prediction === undefined ? {} : { prediction }),
        networks: value.networks.length
      }
    }
    case "Model":
      return { type: value.type, ...summariseModels([value]) }
    case "Models":
      return {
        type: value.type,
        labels: value.models.map(({ label }) => label),
        ...summariseModels(value.models.map(({ model }) => model))
      }
    case "TrainingState": {
      const tensors = Object.values(value.tensors)
      return {
        type: value.type,
        epoch: value.epoch,
        step: value.step,
        tensors: tensors.length,
        numbers: tensors.reduce((sum, { data }) => sum + data.length, 0)
      }
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

const classCounts = ({ classes, labels }: Dataset) => {
  const counts = classes.map(() => 0)
  for (const label of labels ?? []) counts[label] = (counts[label] ?? 0) + 1
  return classes.map((name, index) => ({ name, count: counts[index] ?? 0 }))
}

/** Batch norm's running statistics and counters are in a state dict, too, but are not trained. */
const isTrained = (name: string) =>
  !/(?:^|\.)(?:running_mean|running_var|num_batches_tracked)$/.test(name)

const summariseModels = (models: ReadonlyArray<Model>): ModelSummary => {
  const [first] = models
  if (first === undefined) throw new TypeError("there is no model to summarise")
  const { architecture, prediction, range, schedule, weights } = first
  return {
    architecture,
    range,
    ...(prediction === undefined ? {} : { prediction }),
    ...(schedule === undefined
      ? {}
      : { schedule: { kind: schedule.kind, steps: schedule.alphaBar.length } }),
    parameters: Object.entries(weights).reduce(
      (sum, [name, { data }]) => (isTrained(name) ? sum + data.length : sum),
      0
    ),
    tensors: Object.keys(weights).length,
    notFinite: models
      .flatMap((model) => Object.values(model.weights))
      .reduce((sum, { data }) => sum + countNotFinite(data), 0)
  }
}

const countNotFinite = (data: Float32Array | BigInt64Array): number => {
  if (data instanceof BigInt64Array) return 0
  let count = 0
  for (const number of data) if (!Number.isFinite(number)) count++
  return count
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
