/** Where two values of one output port differ: tensor by tensor, or in what surrounds the tensors. */
import { isDeepStrictEqual } from "node:util"
import { indexAt } from "../values/index-at.ts"
import { printType } from "../values/type-expression.ts"
import { typeOf } from "../values/codec.ts"
import { namedTensors } from "../values/named-tensors.ts"
import type { Value } from "../values/values.ts"

/** One array of numbers, compared bit by bit: `0` and `-0` differ, one NaN equals another. */
export interface NumbersDifference {
  /** `data`, `betas`, `inc.conv1.weight`, `scalars.mse`, `series.psnr`, `rows.score`, or `bytes` of a file. */
  readonly name: string
  readonly count: number
  readonly differing: number
  /** NaN when one of the two is not finite. */
  readonly largestAbsoluteDifference: number
  /** Of the first that differs, one number an axis. */
  readonly firstIndex: ReadonlyArray<number>
  readonly before: number
  readonly after: number
}

export interface ValueDifference {
  readonly numbers: ReadonlyArray<NumbersDifference>
  /** Other differences, one sentence each. */
  readonly other: ReadonlyArray<string>
}

interface Numbers {
  readonly shape: ReadonlyArray<number>
  readonly data: ArrayLike<number>
}

interface Parts {
  readonly numbers: { readonly [name: string]: Numbers }
  /** Everything else. */
  readonly rest: unknown
}

/** What is different; both lists are empty when nothing is. */
export const compareValues = (before: Value, after: Value): ValueDifference => {
  const types = [before, after].map((value) => printType(typeOf(value)))
  const [left, right] = [partsOf(before), partsOf(after)]
  const names = new Set([...Object.keys(left.numbers), ...Object.keys(right.numbers)])
  const numbers: Array<NumbersDifference> = []
  const other: Array<string> = []
  if (types[0] !== types[1]) other.push(`the type was ${types[0]}, now it is ${types[1]}`)
  for (const name of names) {
    const [a, b] = [left.numbers[name], right.numbers[name]]
    if (a === undefined || b === undefined) {
      other.push(a === undefined ? `${name} is new` : `${name} is gone`)
    } else if (a.data.length === b.data.length) {
      const difference = compareNumbers(name, a, b)
      if (difference !== undefined) numbers.push(difference)
    } else {
      other.push(`${name} had ${a.data.length} numbers, now it has ${b.data.length}`)
    }
  }
  if (!isDeepStrictEqual(left.rest, right.rest)) other.push(restSentence(before))
  return { numbers, other }
}

const compareNumbers = (
  name: string,
  before: Numbers,
  after: Numbers
): NumbersDifference | undefined => {
  const count = before.data.length
  let differing = 0
  let largest = 0
  let first = -1
  for (let index = 0; index < count; index++) {
    const [a = 0, b = 0] = [before.data[index], after.data[index]]
    if (Object.is(a, b)) continue
    differing += 1
    if (first < 0) first = index
    // Math.max keeps a NaN.
    largest = Math.max(largest, Math.abs(a - b))
  }
  if (first < 0) return undefined
  return {
    name,
    count,
    differing,
    largestAbsoluteDifference: Number.isFinite(largest) ? largest : Number.NaN,
    firstIndex: indexAt(first, before.shape),
    before: before.data[first] ?? Number.NaN,
    after: after.data[first] ?? Number.NaN
  }
}

const partsOf = (value: Value): Parts => {
  switch (value.type) {
    case "Image":
    case "Images":
    case "Mask":
    case "Tensor": {
      const { data, shape, ...rest } = value
      return { numbers: { data: { shape, data } }, rest }
    }
    case "NoiseSchedule": {
      const { alphaBar, betas, ...rest } = value
      return { numbers: { betas: list(betas), alphaBar: list(alphaBar) }, rest }
    }
    case "Dataset":
    case "Model":
    case "Models":
    case "Pretrained":
    case "Embedding":
    case "Estimator":
    case "TrainingState": {
      const { description, tensors } = namedTensors(value)
      return { numbers: tensors, rest: description }
    }
    case "Metrics": {
      const scalars = Object.entries(value.scalars).map(([name, number]) => [
        `scalars.${name}`,
        list([number])
      ])
      const { numbers, rest } = columnsOf("series", value.series)
      return { numbers: { ...Object.fromEntries(scalars), ...numbers }, rest }
    }
    case "Table": {
      const { numbers, rest } = columnsOf("rows", value.rows)
      return { numbers, rest: [value.columns, rest] }
    }
    case "File":
      break
  }
  const { bytes, ...rest } = value
  return { numbers: { bytes: list(bytes) }, rest }
}

const list = (data: ArrayLike<number>): Numbers => ({ shape: [data.length], data })

/** Columns that hold numbers only, and the other cells. */
const columnsOf = (
  prefix: string,
  rows: ReadonlyArray<{ readonly [column: string]: unknown }>
): Parts => {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const numeric = names.filter((name) => rows.every((row) => typeof row[name] === "number"))
  return {
    numbers: Object.fromEntries(
      numeric.map((name) => [`${prefix}.${name}`, list(rows.map((row) => row[name] as number))])
    ),
    rest: rows.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !numeric.includes(name)))
    )
  }
}

const restSentence = (value: Value): string =>
  value.type === "Metrics" || value.type === "Table"
    ? "cells that are no numbers differ"
    : value.type === "File"
      ? "its name, media type or description differs"
      : "its labels or its description differ"
