/** Many measurements as one table: mean and deviation over an axis such as seeds. */
import { UserError } from "#src/base/user-error.ts"
import { defineStage, type Labelled, port } from "#src/stage.ts"
import {
  axesOf,
  axesWithoutEffect,
  type Group,
  groupOver,
  metricsIdentity,
  pointOf,
  rowSpreads,
  scalarSpreads,
  type Spread
} from "#src/values/aggregate.ts"
import { cellToJson } from "#src/values/json-numbers.ts"
import type { Metrics } from "#src/values/values.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Name = Schema.String.check(Schema.isNonEmpty({ message: "expected a name" }))

export default defineStage({
  summary: "Mean and deviation of collected metrics over an axis such as seeds, a line a variant.",
  source: "the deviation is that of the sample (n - 1)",
  params: Schema.Struct({
    over: Name.annotate({
      description: "The axis whose points are put together; the others make the lines."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("seed"))),
    metrics: Schema.optionalKey(
      Schema.Array(Name)
        .check(Schema.isMinLength(1, { message: "expected at least one metric" }))
        .annotate({ description: "Which metrics, in this order; left out, all of them." })
    ),
    rows: Schema.optionalKey(
      Name.annotate({
        description:
          "A column of the metrics' rows, such as sigma: a line a variant and row of that name, in place of the scalars."
      })
    )
  }),
  inputs: {
    metrics: port("Metrics", {
      description: "Collected over all axes: the one of `over` and those that make the lines.",
      many: true
    })
  },
  outputs: {
    table: port("Table", {
      description:
        "A column for each other axis, n, and for each metric its mean and its deviation (absent for a single value). Where an axis changed no number at all, or a metric is missing in some, a column note says so."
    })
  },
  example: `summary:
  uses: evaluate/summary
  with: { over: seed }
  collect: { over: [schedule, seed], from: { metrics: quality.metrics } }
`,
  run: ({ inputs: { metrics }, log, params }) => {
    const { over, rows } = params
    assertAxis(metrics, over)
    const groups = groupOver(metrics, over)
    const idle = axesWithoutEffect(metrics, metricsIdentity)
    for (const axis of idle) {
      log(`warning: the axis ${axis} changed no number: does what it sets reach what was measured?`)
    }
    const axes = axesOf(metrics).filter((axis) => axis !== over)
    const lines = groups.flatMap((group) => linesOf(group, axes, rows))
    const names = chosenMetrics(lines, params.metrics)
    const tableRows = lines.map((line) => {
      const missing = names.filter((name) => (line.spreads.get(name)?.count ?? 0) < line.count)
      const notes = [
        ...idle.map((axis) => `${axis} changed nothing`),
        ...missing.map((name) => `${name} of ${line.spreads.get(name)?.count ?? 0} only`)
      ]
      return { line, note: notes.join("; ") }
    })
    const hasNotes = tableRows.some(({ note }) => note !== "")
    const columns = [
      ...(axes.length === 0 && groups.length > 1 ? ["variant"] : axes),
      ...(rows === undefined ? [] : [rows]),
      "n",
      ...names.flatMap((name) => [name, deviationOf(name)]),
      ...(hasNotes ? ["note"] : [])
    ]
    const repeated = columns.find((column, index) => columns.indexOf(column) < index)
    if (repeated !== undefined) {
      throw new UserError(`two columns of the table would be named "${repeated}"`, {
        hint: "choose others by `metrics`, or rename the axis"
      })
    }
    return {
      table: {
        type: "Table" as const,
        columns,
        rows: tableRows.map(({ line, note }) => rowOf(line, names, note))
      }
    }
  }
})

const deviationOf = (metric: string) => `${metric} ±`

interface Line {
  /** What names it. */
  readonly cells: Readonly<Record<string, number | string>>
  /** How many points it puts together. */
  readonly count: number
  readonly spreads: ReadonlyMap<string, Spread>
}

const rowOf = (line: Line, names: ReadonlyArray<string>, note: string) => {
  const cells: Record<string, number | string> = { ...line.cells, n: line.count }
  for (const name of names) {
    const spread = line.spreads.get(name)
    if (spread === undefined) continue
    cells[name] = cellToJson(spread.mean)
    if (spread.deviation !== undefined) cells[deviationOf(name)] = cellToJson(spread.deviation)
  }
  if (note !== "") cells["note"] = note
  return cells
}

const linesOf = (
  { label, members }: Group<Metrics>,
  axes: ReadonlyArray<string>,
  rows: string | undefined
): ReadonlyArray<Line> => {
  const cells = axes.length === 0 ? { variant: label } : Object.fromEntries(pointOf(label))
  const count = members.length
  if (rows === undefined) return [{ cells, count, spreads: scalarSpreads(members) }]
  return rowSpreads(members, rows).map(({ row, spreads }) => ({
    cells: Object.assign({}, cells, { [rows]: row }),
    count,
    spreads
  }))
}

const assertAxis = (metrics: ReadonlyArray<Labelled<Metrics>>, over: string): void => {
  const axes = axesOf(metrics)
  if (axes.includes(over)) return
  throw new UserError(`the metrics do not differ in an axis "${over}"`, {
    hint:
      axes.length === 0
        ? "collect them over the axis: `collect: { over: [seed], from: { metrics: quality.metrics } }`"
        : `they differ in ${axes.join(", ")}; collect over "${over}" too, or name one of these`
  })
}

const chosenMetrics = (
  lines: ReadonlyArray<Line>,
  wanted: ReadonlyArray<string> | undefined
): ReadonlyArray<string> => {
  const known = [...new Set(lines.flatMap(({ spreads }) => [...spreads.keys()]))]
  const unknown = wanted?.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new UserError(`none of the metrics has a number "${unknown}"`, {
      hint: known.length === 0 ? "there are no numbers at all" : `there are ${known.join(", ")}`
    })
  }
  return wanted ?? known
}
