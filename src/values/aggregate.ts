/**
 * Many measurements as few: the points of an axis, such as seeds, as mean and deviation, and axes that changed nothing.
 *
 * Points are told apart by their labels, which a `collect` makes: `schedule=fixed,seed=180`.
 */
import { canonicalJson } from "../base/json.ts"
import { cellToJson, mapCells } from "./json-numbers.ts"
import type { Metrics } from "./values.ts"

/** A value and the matrix point that it came from. */
export interface AtPoint<V> {
  readonly label: string
  readonly value: V
}

/** Axis → value of a label such as `schedule=fixed,seed=180`, in its order; empty for a label that is no point. */
export const pointOf = (label: string): ReadonlyMap<string, string> => {
  const parts = label.split(",").map((part) => /^([^=]+)=(.*)$/.exec(part))
  return new Map(
    parts.every((part) => part !== null) ? parts.map(([, axis, value]) => [axis!, value!]) : []
  )
}

/** The axes of all labels, in the order in which they first occur. */
export const axesOf = (
  labelled: ReadonlyArray<{ readonly label: string }>
): ReadonlyArray<string> => [
  ...new Set(labelled.flatMap(({ label }) => [...pointOf(label).keys()]))
]

export interface Group<V> {
  /** What the members have in common, such as `schedule=fixed`; empty when there is no other axis. */
  readonly label: string
  /** In their order; each label is the value on the axis alone, such as `180`. */
  readonly members: ReadonlyArray<AtPoint<V>>
}

/**
 * Points that differ only in `axis`, together; groups are in the order of their first members.
 *
 * A label without the axis is a group of its own, whose member keeps its whole label.
 */
export const groupOver = <V>(
  labelled: ReadonlyArray<AtPoint<V>>,
  axis: string
): ReadonlyArray<Group<V>> => {
  const groups = new Map<string, { label: string; members: Array<AtPoint<V>> }>()
  for (const { label, value } of labelled) {
    const point = pointOf(label)
    const own = point.get(axis)
    const rest =
      own === undefined
        ? label
        : [...point].flatMap(([name, text]) => (name === axis ? [] : [`${name}=${text}`])).join(",")
    const key = own === undefined ? `without ${rest}` : `with ${rest}`
    const group = groups.get(key) ?? { label: rest, members: [] }
    group.members.push({ label: own ?? label, value })
    groups.set(key, group)
  }
  return [...groups.values()]
}

export interface Spread {
  readonly count: number
  readonly mean: number
  /** Of the sample, with Bessel's correction (n - 1); absent for a single number, which has none. */
  readonly deviation?: number
  readonly min: number
  readonly max: number
}

/**
 * Mean and deviation of a few numbers; NaN where one of them is NaN or two infinities cancel.
 *
 * @throws RangeError for no numbers
 */
export const spreadOf = (numbers: ReadonlyArray<number>): Spread => {
  const count = numbers.length
  if (count === 0) throw new RangeError("no numbers have no mean")
  // Equal numbers have themselves as their mean, without rounding.
  const equal = numbers.every((number) => Object.is(number, numbers[0]))
  const mean = equal ? numbers[0]! : numbers.reduce((sum, number) => sum + number, 0) / count
  const squares = numbers.reduce((sum, number) => sum + (equal ? 0 : (number - mean) ** 2), 0)
  return {
    count,
    mean,
    ...(count === 1 ? {} : { deviation: Math.sqrt(squares / (count - 1)) }),
    min: Math.min(...numbers),
    max: Math.max(...numbers)
  }
}

/** Every scalar that some member has, over the members that have it. */
export const scalarSpreads = (
  members: ReadonlyArray<AtPoint<Metrics>>
): ReadonlyMap<string, Spread> => spreadsOf(members.map(({ value }) => value.scalars))

export interface RowSpread {
  /** The row's value in the naming column. */
  readonly row: number | string
  /** Every column of numbers but the naming one. */
  readonly spreads: ReadonlyMap<string, Spread>
}

/**
 * Rows of equal name (a step, a σ, a class) over the members, in the order in which they first occur; rows without the
 * column are left out.
 *
 * @param by the column that names rows
 */
export const rowSpreads = (
  members: ReadonlyArray<AtPoint<Metrics>>,
  by: string
): ReadonlyArray<RowSpread> => {
  const rows = new Map<number | string, Array<Metrics["series"][number]>>()
  for (const { value } of members) {
    for (const row of value.series) {
      const name = row[by]
      if (name === undefined) continue
      const known = rows.get(name)
      if (known === undefined) rows.set(name, [row])
      else known.push(row)
    }
  }
  return [...rows].map(([row, records]) => ({
    row,
    spreads: spreadsOf(
      records.map((record) =>
        Object.fromEntries(Object.entries(record).filter(([column]) => column !== by))
      )
    )
  }))
}

const spreadsOf = (
  records: ReadonlyArray<{ readonly [name: string]: number | string }>
): ReadonlyMap<string, Spread> => {
  const numbers = new Map<string, Array<number>>()
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      if (typeof value !== "number") continue
      const known = numbers.get(name)
      if (known === undefined) numbers.set(name, [value])
      else known.push(value)
    }
  }
  return new Map([...numbers].map(([name, values]) => [name, spreadOf(values)]))
}

/**
 * The axes that changed nothing: wherever two points differ only in such an axis, their values are the same.
 *
 * Usually a mistake (a parameter that does not reach what was measured) and then the deviation over that axis says nothing.
 *
 * @param identityOf equal texts for equal values, such as a digest
 */
export const axesWithoutEffect = <V>(
  labelled: ReadonlyArray<AtPoint<V>>,
  identityOf: (value: V) => string
): ReadonlyArray<string> =>
  axesOf(labelled).filter((axis) => {
    const several = groupOver(labelled, axis).filter(({ members }) => members.length > 1)
    return (
      several.length > 0 &&
      several.every(
        ({ members }) => new Set(members.map(({ value }) => identityOf(value))).size === 1
      )
    )
  })

/** Equal exactly for metrics whose every number has the same bits (but for the sign of zeros). */
export const metricsIdentity = ({ scalars, series }: Metrics): string =>
  canonicalJson({
    scalars: mapCells(scalars, cellToJson),
    series: series.map((row) => mapCells(row, cellToJson))
  })
