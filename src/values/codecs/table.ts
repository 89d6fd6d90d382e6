/** Tables as `table.json`: the columns in order, and the rows as objects. */
import type { Json } from "../../base/json.ts"
import { cellFromJson, cellToJson, mapCells } from "../json-numbers.ts"
import type { Table } from "../values.ts"
import { type CodecOf, isRecord, jsonFile, malformed, readJson } from "./codec-of.ts"

const fileName = "table.json"

export const tableCodec: CodecOf<Table> = {
  typeOf: () => ({ name: "Table" }),
  encode: ({ columns, rows }) => {
    const problem = problemOf(columns, rows)
    if (problem !== undefined) throw new TypeError(problem)
    const cells = rows.map((row) => mapCells(row, cellToJson))
    return { meta: {}, files: { [fileName]: jsonFile({ columns, rows: cells }) } }
  },
  decode: ({ read }) => {
    const table = readJson(read(fileName), fileName)
    if (!isRecord(table)) return malformed(`${fileName} is not an object`)
    const { columns, rows } = table
    if (!Array.isArray(columns) || columns.some((column) => typeof column !== "string")) {
      return malformed(`${fileName} has no list of columns`)
    }
    if (!Array.isArray(rows) || !rows.every(isRecord)) return malformed(`${fileName} has no rows`)
    const problem = problemOf(columns as ReadonlyArray<string>, rows)
    if (problem !== undefined) return malformed(problem)
    return {
      type: "Table",
      columns: columns as ReadonlyArray<string>,
      rows: (rows as Table["rows"]).map((row) => mapCells(row, (cell): Json => cellFromJson(cell)))
    }
  }
}

const problemOf = (
  columns: ReadonlyArray<string>,
  rows: ReadonlyArray<object>
): string | undefined => {
  const known = new Set(columns)
  if (known.size !== columns.length) return `a table has a column twice: ${columns.join(", ")}`
  const stray = rows.flatMap((row) => Object.keys(row)).find((column) => !known.has(column))
  return stray === undefined ? undefined : `a row of a table has the unknown column ${stray}`
}
