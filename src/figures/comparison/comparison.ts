/** Runs of one experiment side by side: what differs between them, what came out, and which came out best. */
import { UserError } from "../../base/user-error.ts"
import { nearest } from "../../base/nearest.ts"
import {
  type AtPoint,
  axesOf,
  groupOver,
  pointOf,
  scalarSpreads,
  type Spread
} from "../../values/aggregate.ts"
import { type Direction, directionOf, isTrainingLoss, metricTitle } from "./metric-names.ts"
import type { ComparedRun } from "./runs.ts"
import { notesOn } from "./notes.ts"

/** What has one curve, one row and one colour: a point of the axes that are not averaged over. */
export interface Variant {
  /** As people read it: `decay`, `decay · width 16`. */
  readonly name: string
  /** Axis → value, of the axes that differ. */
  readonly point: ReadonlyMap<string, string>
  /** One for each value of the axis that is averaged over, whose label is that value; else the only one. */
  readonly runs: ReadonlyArray<AtPoint<ComparedRun>>
  readonly spreads: ReadonlyMap<string, Spread>
}

export interface MetricColumn {
  readonly name: string
  readonly title: string
  readonly direction?: Direction
  /** Indices of the variants with the best mean; none without a direction. */
  readonly best: ReadonlyArray<number>
}

export interface AxisOfComparison {
  readonly name: string
  readonly values: ReadonlyArray<string>
}

export interface Comparison {
  /** In the order of the matrix: colours go by it. */
  readonly variants: ReadonlyArray<Variant>
  /** Those with several values; empty where runs have only names. */
  readonly axes: ReadonlyArray<AxisOfComparison>
  /** The axis that means and deviations are over. */
  readonly over?: AxisOfComparison
  /** Axes that have one value. */
  readonly constant: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly metrics: ReadonlyArray<MetricColumn>
  /** Metrics that are neither good nor bad, and the same in every run: how many images were judged, and the like. */
  readonly same: ReadonlyArray<{
    readonly name: string
    readonly title: string
    readonly value: number
  }>
  /** The metric that variants are ranked by; absent when no metric has a direction. */
  readonly by?: MetricColumn
  /** Indices of the variants, best first by that metric. */
  readonly ranking: ReadonlyArray<number>
  /** What a reader should know before believing the numbers, a sentence each. */
  readonly notes: ReadonlyArray<string>
}

export interface ComparisonOptions {
  /** Axis to take mean and deviation over. */
  readonly over?: string
  /** Metric to rank by; otherwise the first in `best`, else a test loss, else an evaluation, else the training loss. */
  readonly by?: string
  /** Whether less or more is better, for metrics whose name does not say it. */
  readonly best?: { readonly [metric: string]: Direction }
}

/**
 * @throws UserError when `over` is no axis of the runs, or `by` or a name in `best` is no metric that they have
 */
export const compareRuns = (
  runs: ReadonlyArray<AtPoint<ComparedRun>>,
  { best = {}, by, over }: ComparisonOptions = {}
): Comparison => {
  if (runs.length === 0) throw new UserError("there are no runs to compare", { exitCode: 1 })
  const axes = axesOf(runs).map((name) => ({ name, values: valuesOn(name, runs) }))
  const averaged = over === undefined ? undefined : axes.find(({ name }) => name === over)
  if (over !== undefined && averaged === undefined) throw noAxis(over, axes)
  const differing = axes.filter(({ name, values }) => name !== over && values.length > 1)
  const groups =
    over === undefined
      ? runs.map((run) => ({ label: run.label, members: [run] }))
      : groupOver(runs, over)
  const variants = groups.map(({ label, members }): Variant => {
    const point = new Map(
      differing.flatMap(({ name }) => {
        const value = pointOf(label).get(name)
        return value === undefined ? [] : [[name, value]]
      })
    )
    return {
      name: nameOf(point, differing, label),
      point,
      runs: members,
      spreads: scalarSpreads(
        members.map(({ label, value }) => ({
          label,
          value: { type: "Metrics", scalars: value.scalars, series: [] }
        }))
      )
    }
  })
  const { metrics, same } = metricColumns(variants, best)
  const main = mainMetric(metrics, same, best, by)
  return {
    variants,
    axes: differing,
    ...(averaged === undefined ? {} : { over: averaged }),
    constant: axes.flatMap(({ name, values }) =>
      name === over || values.length > 1 ? [] : [{ name, value: values[0] ?? "" }]
    ),
    metrics,
    same,
    ...(main === undefined ? {} : { by: main }),
    ranking: ranked(variants, main),
    notes: notesOn(runs, variants, over)
  }
}

const valuesOn = (axis: string, runs: ReadonlyArray<{ readonly label: string }>) => [
  ...new Set(runs.flatMap(({ label }) => pointOf(label).get(axis) ?? []))
]

const noAxis = (over: string, axes: ReadonlyArray<AxisOfComparison>): UserError => {
  const names = axes.map(({ name }) => name)
  const close = nearest(over, names)
  return new UserError(`the runs compared do not differ by an axis ${over}`, {
    hint:
      names.length === 0
        ? "they are not of a matrix: leave `over` out"
        : close === undefined
          ? `their axes are ${names.join(", ")}`
          : `did you mean ${close}?`
  })
}

/** With one axis its value says it all; with several, numbers say of what they are. */
const nameOf = (
  point: ReadonlyMap<string, string>,
  axes: ReadonlyArray<AxisOfComparison>,
  label: string
): string => {
  if (point.size === 0) return axes.length === 0 && pointOf(label).size > 0 ? "all" : label || "all"
  if (axes.length === 1) return [...point.values()].join("")
  return [...point]
    .map(([axis, value]) =>
      /^[+-]?[\d.]|^(?:true|false|null)$/.test(value) ? `${axis} ${value}` : value
    )
    .join(" · ")
}

/** How far a training went; of interest only where it differs. */
const extents = new Set(["epochs", "steps", "images"])

const metricColumns = (
  variants: ReadonlyArray<Variant>,
  best: { readonly [metric: string]: Direction }
): Pick<Comparison, "metrics" | "same"> => {
  const names = new Set(variants.flatMap(({ spreads }) => [...spreads.keys()]))
  const metrics: Array<MetricColumn> = []
  const same: Array<Comparison["same"][number]> = []
  for (const name of names) {
    const direction = best[name] ?? directionOf(name)
    const title = metricTitle(name)
    const value = direction === undefined ? onlyValue(variants, name) : undefined
    if (value !== undefined) {
      if (!extents.has(name)) same.push({ name, title, value })
      continue
    }
    const means = variants.map(({ spreads }) => spreads.get(name)?.mean)
    metrics.push({
      name,
      title,
      ...(direction === undefined ? {} : { direction }),
      best: direction === undefined || variants.length === 1 ? [] : bestOf(means, direction)
    })
  }
  return { metrics, same }
}

const onlyValue = (variants: ReadonlyArray<Variant>, metric: string): number | undefined => {
  const values = new Set(
    variants.flatMap(({ runs }) => runs.map(({ value }) => value.scalars[metric]))
  )
  return values.size === 1 ? [...values][0] : undefined
}

const bestOf = (
  means: ReadonlyArray<number | undefined>,
  direction: Direction
): ReadonlyArray<number> => {
  const finite = means.filter((mean): mean is number => mean !== undefined && !Number.isNaN(mean))
  if (finite.length === 0) return []
  const best = direction === "min" ? Math.min(...finite) : Math.max(...finite)
  return means.flatMap((mean, index) => (mean === best ? [index] : []))
}

const mainMetric = (
  metrics: ReadonlyArray<MetricColumn>,
  same: Comparison["same"],
  best: { readonly [metric: string]: Direction },
  by: string | undefined
): MetricColumn | undefined => {
  for (const name of [...(by === undefined ? [] : [by]), ...Object.keys(best)]) {
    if (same.some((metric) => metric.name === name)) {
      throw new UserError(`all runs have the same ${name}: there is nothing to rank by`)
    }
    const found = metrics.find((metric) => metric.name === name)
    if (found === undefined) throw noMetric(name, metrics)
    if (found.direction === undefined) {
      throw new UserError(`whether less or more ${name} is better, its name does not say`, {
        hint: `say it: \`best: { ${name}: min }\` or \`max\` (on the command line \`--best ${name}=min\`)`
      })
    }
  }
  const asked = by ?? Object.keys(best)[0]
  const directed = metrics.filter(({ direction }) => direction !== undefined)
  return (
    metrics.find(({ name }) => name === asked) ??
    directed.find(({ name }) => name === "finalTestLoss") ??
    directed.find(({ name }) => !isTrainingLoss(name)) ??
    directed[0]
  )
}

const noMetric = (name: string, metrics: ReadonlyArray<MetricColumn>): UserError => {
  const names = metrics.map((metric) => metric.name)
  const close = nearest(name, names)
  return new UserError(`the runs compared have no metric ${name}`, {
    hint: close === undefined ? `their metrics are ${names.join(", ")}` : `did you mean ${close}?`
  })
}

/** Variants without the metric, or where it is not a number, come last. */
const ranked = (
  variants: ReadonlyArray<Variant>,
  by: MetricColumn | undefined
): ReadonlyArray<number> => {
  const sign = by?.direction === "max" ? -1 : 1
  const costs = variants.map(({ spreads }) => {
    const mean = by === undefined ? 0 : (spreads.get(by.name)?.mean ?? Number.NaN)
    return Number.isNaN(mean) ? Number.POSITIVE_INFINITY : sign * mean
  })
  return variants
    .map((_, index) => index)
    .toSorted((a, b) => (costs[a] === costs[b] ? a - b : costs[a]! - costs[b]!))
}
