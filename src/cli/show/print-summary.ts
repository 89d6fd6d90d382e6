/** A value's summary as text. */
import type { Json } from "../../base/json.ts"
import { number } from "../../report/value/number.ts"
import type { Summary } from "../../report/value/summary.ts"
import { bytes, count, grouped } from "../format.ts"
import { type Column, table } from "../table.ts"
import type { Terminal } from "../terminal.ts"
import { type Fact, printFacts } from "./facts.ts"

/** Rows of tables and series beyond these are only counted, unless all are asked for. */
const rowsShown = 12

export const printSummary = (summary: Summary, out: Terminal, all: boolean): void => {
  switch (summary.type) {
    case "Image":
    case "Images":
    case "Mask":
    case "Tensor":
      printFacts(arrayFacts(summary, all), out)
      break
    case "NoiseSchedule":
      printFacts(
        [
          ["kind", summary.kind],
          ["timesteps", grouped(summary.steps)]
        ],
        out
      )
      printRows(
        ["t", "β", "ᾱ"],
        summary.points.map(({ t, beta, alphaBar }) => [t, beta, alphaBar]),
        out,
        true
      )
      break
    case "Metrics":
      printFacts(
        Object.entries(summary.scalars).map(([name, value]) => [name, number(value)]),
        out
      )
      printRows(
        summary.columns,
        summary.series.map((row) => summary.columns.map((column) => row[column])),
        out,
        all
      )
      break
    case "Table":
      printRows(
        summary.columns,
        summary.rows.map((row) => summary.columns.map((column) => row[column])),
        out,
        all
      )
      break
    case "File":
      printFacts(
        [
          ["file", `${summary.name} (${summary.mediaType}, ${bytes(summary.sizeBytes)})`],
          ...Object.entries(summary.meta ?? {}).map(([name, value]): Fact => [
            name,
            cellText(value)
          ])
        ],
        out
      )
  }
}

const arrayFacts = (
  { dtype, labels, statistics }: Extract<Summary, { readonly statistics: object }>,
  all: boolean
): ReadonlyArray<Fact> => {
  const { count: size, deviation, max, mean, min, notFinite } = statistics
  const numbers =
    min === undefined || max === undefined || mean === undefined || deviation === undefined
      ? ""
      : `${number(min)} to ${number(max)}, mean ${number(mean)}, deviation ${number(deviation)}`
  const shown = all ? (labels ?? []) : (labels ?? []).slice(0, rowsShown)
  const more = (labels?.length ?? 0) - shown.length
  return [
    ["numbers", `${grouped(size)} × ${dtype}`],
    ["values", numbers],
    [
      "not finite",
      notFinite === 0 ? "" : `${grouped(notFinite)} of ${grouped(size)} (NaN or infinite)`
    ],
    ["labels", more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ")]
  ]
}

const printRows = (
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Json | undefined>>,
  out: Terminal,
  all: boolean
): void => {
  if (rows.length === 0) return
  const shown = all ? rows : rows.slice(0, rowsShown)
  const heads = columns.map((head, index): Column => {
    const numeric = shown.every((row) => typeof row[index] === "number" || row[index] === undefined)
    return { head, align: numeric ? "right" : "left" }
  })
  const cells = shown.map((row) => row.map(cellText))
  out.line()
  for (const line of table(heads, cells, out, "  ")) out.line(line)
  const more = rows.length - shown.length
  if (more > 0)
    out.line(out.style.dim(`  and ${count(more, "more row", "more rows")}; -v shows all`))
}

const cellText = (value: Json | undefined): string => {
  if (value === undefined || value === null) return ""
  if (typeof value === "number") return number(value)
  return typeof value === "string" ? value : JSON.stringify(value)
}
