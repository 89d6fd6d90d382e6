/** Metrics as `scalars.json` and `series.jsonl`, one row a line, in the form that data-frame libraries read. */
import { cellFromJson, cellToJson, mapCells } from "../json-numbers.ts"
import type { Metrics } from "../values.ts"
import { type CodecOf, isRecord, jsonFile, malformed, readJson } from "./codec-of.ts"

const scalarsName = "scalars.json"
const seriesName = "series.jsonl"

export const metricsCodec: CodecOf<Metrics> = {
  typeOf: () => ({ name: "Metrics" }),
  encode: ({ scalars, series }) => ({
    meta: {},
    files: {
      [scalarsName]: jsonFile(mapCells(scalars, cellToJson)),
      [seriesName]: new TextEncoder().encode(
        series.map((row) => `${JSON.stringify(mapCells(row, cellToJson))}\n`).join("")
      )
    }
  }),
  decode: ({ read }) => ({
    type: "Metrics",
    scalars: readScalars(readJson(read(scalarsName), scalarsName)),
    series: readLines(read(seriesName)).map((line, index) =>
      readRow(readJson(line, `line ${index + 1} of ${seriesName}`), index + 1)
    )
  })
}

const readScalars = (value: unknown): Metrics["scalars"] => {
  if (!isRecord(value)) return malformed(`${scalarsName} is not an object`)
  return mapCells(value, (cell) => {
    const number = cellFromJson(cell)
    return typeof number === "number" ? number : malformed(`${scalarsName} holds more than numbers`)
  })
}

const readRow = (value: unknown, line: number): Metrics["series"][number] => {
  if (!isRecord(value)) return malformed(`line ${line} of ${seriesName} is not an object`)
  return mapCells(value, (stored) => {
    const cell = cellFromJson(stored)
    return typeof cell === "number" || typeof cell === "string"
      ? cell
      : malformed(`line ${line} of ${seriesName} holds more than numbers and texts`)
  })
}

const lineBreak = 10

const readLines = (bytes: Uint8Array): ReadonlyArray<Uint8Array> => {
  const lines: Array<Uint8Array> = []
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(lineBreak, start)
    const end = found < 0 ? bytes.length : found
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return lines
}
