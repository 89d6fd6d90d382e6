/** Rows in aligned columns, without rules: whatever takes fewer characters to read. */
import { padEnd, padStart, textWidth, truncate } from "./text.ts"
import type { Terminal } from "./terminal.ts"

export interface Column {
  /** Printed dim above the column; absent in a table without heads. */
  readonly head?: string
  readonly align?: "left" | "right"
  /** Is cut when the table is too wide; of several the last one first. */
  readonly flexible?: boolean
  readonly paint?: (text: string) => string
}

const gap = "  "
/** Columns are not cut further than this. */
const narrowest = 8

/** Lines of a table without a line break at the end; cells are plain text. */
export const table = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  terminal: Pick<Terminal, "columns" | "style">,
  indent = ""
): ReadonlyArray<string> => {
  const widths = columns.map((column, index) =>
    rows.reduce(
      (most, row) => Math.max(most, textWidth(row[index] ?? "")),
      textWidth(column.head ?? "")
    )
  )
  const total = widths.reduce((sum, width) => sum + width + gap.length, indent.length - gap.length)
  let excess = total - terminal.columns
  for (const [index, column] of [...columns.entries()].toReversed()) {
    const width = widths[index] ?? 0
    if (column.flexible !== true || excess <= 0) continue
    widths[index] = Math.max(Math.min(narrowest, width), width - excess)
    excess -= width - (widths[index] ?? 0)
  }
  const lineOf = (
    cells: ReadonlyArray<string>,
    paint: (text: string, column: Column) => string
  ) => {
    const laid = columns.map((column, index) => {
      const width = widths[index] ?? 0
      const cell = cells[index] ?? ""
      const text = column.flexible === true ? truncate(cell, width) : cell
      const painted = text === "" ? "" : paint(text, column)
      if (column.align === "right") return padStart(painted, width)
      return index === columns.length - 1 ? painted : padEnd(painted, width)
    })
    return (indent + laid.join(gap)).trimEnd()
  }
  const heads = columns.some((column) => column.head !== undefined)
    ? [
        lineOf(
          columns.map((column) => column.head ?? ""),
          (text) => terminal.style.dim(text)
        )
      ]
    : []
  return [
    ...heads,
    ...rows.map((row) => lineOf(row, (text, column) => column.paint?.(text) ?? text))
  ]
}
