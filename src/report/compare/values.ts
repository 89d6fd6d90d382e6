/** In what two values differ, said in the terms of their type. */
import type { Json, JsonObject } from "../../base/json.ts"
import { indexAt } from "../../values/index-at.ts"
import { cellToJson, mapCells } from "../../values/json-numbers.ts"
import { namedTensors, type Several } from "../../values/named-tensors.ts"
import type {
  Image,
  Images,
  Mask,
  Metrics,
  NoiseSchedule,
  Table,
  Tensor,
  Value
} from "../../values/values.ts"
import { type Change, changesOf } from "./json-changes.ts"
import { differenceOf } from "./numbers.ts"

export type ValueDifference =
  /** Different types or shapes: nothing in them can be held against each other. */
  | { readonly kind: "type"; readonly before: string; readonly after: string }
  | {
      readonly kind: "numbers"
      readonly count: number
      readonly different: number
      readonly largest: number
      readonly at: ReadonlyArray<number>
      /** Images only: mean squared error, and the peak signal-to-noise ratio in decibels that follows from it. */
      readonly mse?: number
      readonly psnr?: number
    }
  /** Of values that have several tensors: sums over all of them, and the one that differs most. */
  | {
      readonly kind: "tensors"
      readonly count: number
      readonly different: number
      readonly largest: number
      readonly tensor: string
      readonly at: ReadonlyArray<number>
      readonly changes: ReadonlyArray<Change>
    }
  | { readonly kind: "changes"; readonly changes: ReadonlyArray<Change> }
  | {
      readonly kind: "bytes"
      readonly before: number
      readonly after: number
      readonly changes: ReadonlyArray<Change>
    }

/** @returns undefined when the two are equal */
export const compareValues = (a: Value, b: Value): ValueDifference | undefined => {
  if (a.type !== b.type) return { kind: "type", before: a.type, after: b.type }
  switch (a.type) {
    case "Image":
    case "Images":
    case "Mask":
    case "Tensor":
      return compareArrays(a, b as typeof a)
    case "NoiseSchedule":
      return compareSchedules(a, b as NoiseSchedule)
    case "Dataset":
    case "Model":
    case "Models":
    case "Pretrained":
    case "Embedding":
    case "Estimator":
    case "TrainingState":
      return compareTensors(a, b as typeof a)
    case "Metrics":
      return compareJson(jsonOf(a), jsonOf(b as Metrics))
    case "Table":
      return compareJson(jsonOf(a), jsonOf(b as Table))
    default: {
      const other = b as typeof a
      const changes = changesOf(
        { name: a.name, mediaType: a.mediaType, meta: a.meta ?? {} },
        { name: other.name, mediaType: other.mediaType, meta: other.meta ?? {} }
      )
      if (changes.length === 0 && Buffer.compare(a.bytes, other.bytes) === 0) return undefined
      return { kind: "bytes", before: a.bytes.byteLength, after: other.bytes.byteLength, changes }
    }
  }
}

type Numeric = Image | Images | Mask | Tensor

const compareArrays = (a: Numeric, b: Numeric): ValueDifference | undefined => {
  const [before, after] = [describe(a), describe(b)]
  if (before !== after) return { kind: "type", before, after }
  const { count, different, largest, at, mse } = differenceOf(a.data, b.data)
  if (different === 0 || at === undefined) {
    const changes = changesOf(labelsOf(a), labelsOf(b))
    return changes.length === 0 ? undefined : { kind: "changes", changes }
  }
  const isImage = a.type === "Image" || a.type === "Images"
  const peak = isImage ? (a.range === "[-1,1]" ? 2 : 1) : undefined
  return {
    kind: "numbers",
    count,
    different,
    largest,
    at: indexAt(at, a.shape),
    ...(peak === undefined ? {} : { mse }),
    // Without a finite difference (only NaN or infinities differ) there is no ratio.
    ...(peak === undefined || mse === 0 ? {} : { psnr: 10 * Math.log10((peak * peak) / mse) })
  }
}

/** By ᾱ, which the betas follow from; `at` is the timestep. */
const compareSchedules = (a: NoiseSchedule, b: NoiseSchedule): ValueDifference | undefined => {
  const [before, after] = [`${a.alphaBar.length} steps`, `${b.alphaBar.length} steps`]
  if (before !== after) return { kind: "type", before, after }
  const { count, different, largest, at } = differenceOf(a.alphaBar, b.alphaBar)
  if (different > 0 && at !== undefined)
    return { kind: "numbers", count, different, largest, at: [at] }
  return compareJson({ kind: a.kind, betas: a.betas }, { kind: b.kind, betas: b.betas })
}

const compareTensors = (a: Several, b: Several): ValueDifference | undefined => {
  const [before, after] = [namedTensors(a), namedTensors(b)]
  const [left, right] = [shapesOf(before.tensors), shapesOf(after.tensors)]
  const changes = changesOf(
    { ...before.description, shapes: left },
    { ...after.description, shapes: right }
  )
  // Of tensors that are on one side only, or of other shapes, the changes tell.
  const differences = Object.entries(before.tensors)
    .filter(([name]) => right[name] !== undefined && right[name] === left[name])
    .map(([name, { data, shape }]) =>
      Object.assign(differenceOf(data, after.tensors[name]!.data), { name, shape })
    )
  const apart = differences.filter(({ different }) => different > 0)
  const [most] = apart.toSorted((x, y) => y.largest - x.largest)
  if (most?.at === undefined) {
    return changes.length === 0 ? undefined : { kind: "changes", changes }
  }
  return {
    kind: "tensors",
    count: differences.reduce((sum, { count }) => sum + count, 0),
    different: apart.reduce((sum, { different }) => sum + different, 0),
    largest: most.largest,
    tensor: most.name,
    at: indexAt(most.at, most.shape),
    changes
  }
}

const shapesOf = (tensors: {
  readonly [name: string]: { readonly shape: ReadonlyArray<number> }
}): { readonly [name: string]: string } =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape.join("×")]))

const describe = (value: Numeric): string => {
  const range = "range" in value ? ` in ${value.range}` : ""
  const dtype =
    value.type === "Tensor"
      ? ` ${value.data.constructor.name.replace("Array", "").toLowerCase()}`
      : ""
  return `${value.type}[${value.shape.join(",")}]${range}${dtype}`
}

const labelsOf = (value: Numeric): Json => ("labels" in value ? [...(value.labels ?? [])] : [])

/** Numbers that JSON cannot hold, such as an infinite PSNR, become texts, as they are in the store. */
const jsonOf = (value: Metrics | Table): Json =>
  value.type === "Metrics"
    ? { scalars: mapCells(value.scalars, cellToJson), series: value.series.map(rowToJson) }
    : { columns: value.columns, rows: value.rows.map(rowToJson) }

const rowToJson = <C extends Json>(row: { readonly [column: string]: C }): JsonObject =>
  mapCells(row, cellToJson)

const compareJson = (a: Json, b: Json): ValueDifference | undefined => {
  const changes = changesOf(a, b)
  return changes.length === 0 ? undefined : { kind: "changes", changes }
}
