/** A comparison as rows of numbers: the value `Table`, CSV for data frames, and one JSON document. */
import type { Json, JsonObject } from "../../base/json.ts"
import type { Spread } from "../../values/aggregate.ts"
import { cellToJson, mapCells } from "../../values/json-numbers.ts"
import type { Table } from "../../values/values.ts"
import type { Comparison, Variant } from "./comparison.ts"
import { plainText, summaryOf } from "./summary.ts"

/** A row a variant, best first: what differs, the number of runs, and each metric with its deviation. */
export const tableOf = (comparison: Comparison): Table => {
  const { axes, metrics, over, ranking, variants } = comparison
  const names = axes.length === 0 ? ["variant"] : axes.map(({ name }) => name)
  const columns = [
    ...names,
    ...(over === undefined ? [] : ["runs"]),
    ...metrics.flatMap(({ name }) => (over === undefined ? [name] : [name, deviationOf(name)]))
  ]
  const rows = ranking.flatMap((index) => {
    const variant = variants[index]
    return variant === undefined ? [] : [rowOf(variant, comparison, names)]
  })
  return { type: "Table", columns, rows }
}

const deviationOf = (metric: string) => `${metric} deviation`

const rowOf = (
  { name, point, runs, spreads }: Variant,
  { axes, metrics, over }: Comparison,
  names: ReadonlyArray<string>
): Table["rows"][number] => {
  const cells: Record<string, Json> = {}
  for (const column of names) cells[column] = axes.length === 0 ? name : (point.get(column) ?? null)
  if (over !== undefined) cells["runs"] = runs.length
  for (const metric of metrics) {
    const spread = spreads.get(metric.name)
    cells[metric.name] = numberOrNull(spread?.mean)
    if (over !== undefined) cells[deviationOf(metric.name)] = numberOrNull(spread?.deviation)
  }
  return cells
}

const numberOrNull = (value: number | undefined): Json =>
  value === undefined ? null : cellToJson(value)

/** RFC 4180, a row a run, with every number as it was measured: means are for the reader's own tools to take. */
export const csvOf = ({ axes, constant, metrics, over, variants }: Comparison): string => {
  const names = [
    ...axes.map(({ name }) => name),
    ...(over === undefined ? [] : [over.name]),
    ...constant.map(({ name }) => name)
  ]
  const named = names.length === 0 ? ["variant"] : names
  const rows = variants.flatMap((variant) =>
    variant.runs.map(({ label, value }) => [
      ...named.map(
        (name) =>
          variant.point.get(name) ??
          (name === over?.name
            ? label
            : (constant.find((axis) => axis.name === name)?.value ??
              (names.length === 0 ? variant.name : "")))
      ),
      ...metrics.map(({ name }) => {
        const number = value.scalars[name]
        return number === undefined ? "" : String(number)
      })
    ])
  )
  return [[...named, ...metrics.map(({ name }) => name)], ...rows]
    .map((row) => `${row.map(csvCell).join(",")}\r\n`)
    .join("")
}

const csvCell = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text

/** Everything that the table is made of. Numbers that JSON cannot hold are texts: `NaN`, `Infinity`. */
export const documentOf = (comparison: Comparison): JsonObject => {
  const { axes, by, constant, metrics, notes, over, ranking, same, variants } = comparison
  return {
    summary: plainText(summaryOf(comparison)).trim(),
    axes: axes.map(({ name, values }) => ({ name, values })),
    over: over === undefined ? null : { name: over.name, values: over.values },
    constant: constant.map(({ name, value }) => ({ name, value })),
    by: by?.name ?? null,
    metrics: metrics.map(({ best, direction, name, title }) => ({
      name,
      title,
      direction: direction ?? null,
      best: best.map((index) => variants[index]?.name ?? "")
    })),
    same: Object.fromEntries(same.map(({ name, value }) => [name, cellToJson(value)])),
    variants: ranking.flatMap((index) => {
      const variant = variants[index]
      return variant === undefined ? [] : [variantDocument(variant)]
    }),
    notes: [...notes]
  }
}

const variantDocument = ({ name, point, runs, spreads }: Variant): JsonObject => ({
  name,
  point: Object.fromEntries(point),
  metrics: Object.fromEntries(
    [...spreads].map(([metric, spread]) => [metric, spreadDocument(spread)])
  ),
  runs: runs.map(({ label, value }) => ({
    label,
    scalars: mapCells(value.scalars, cellToJson)
  }))
})

const spreadDocument = ({ count, deviation, max, mean, min }: Spread): JsonObject => ({
  count,
  mean: cellToJson(mean),
  deviation: numberOrNull(deviation),
  min: cellToJson(min),
  max: cellToJson(max)
})
