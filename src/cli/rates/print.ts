/** Learning rates as a table in the terminal: a row an epoch, a column a schedule. */
import { numberText } from "../../figures/number-text.ts"
import { count } from "../format.ts"
import { table } from "../table.ts"
import type { Terminal } from "../terminal.ts"
import { textWidth } from "../text.ts"
import { columnsOf, type EpochRates, type RateColumn, type Schedule } from "./schedules.ts"

export const printRates = (
  stage: string,
  schedules: ReadonlyArray<Schedule>,
  out: Terminal
): void => {
  const columns = columnsOf(schedules).map(({ epochs, name }) => ({
    name: name === "" ? "learning rate" : name,
    epochs
  }))
  const of =
    schedules.length === columns.length || schedules.length === 1
      ? count(columns.length, "schedule")
      : `${count(columns.length, "schedule")}, ${count(schedules.length, "training")}`
  out.line(`${out.style.bold(stage)}  ${of}`)
  const epochs = [
    ...new Set(columns.flatMap((column) => column.epochs.map(({ epoch }) => epoch)))
  ].toSorted((a, b) => a - b)
  for (const [index, block] of blocks(columns, out.columns).entries()) {
    if (index > 0) out.line()
    const lines = table(
      [
        { head: "epoch", align: "right", paint: out.style.dim },
        ...block.map(({ name }) => ({ head: name, align: "right" as const }))
      ],
      epochs.map((epoch) =>
        [String(epoch)].concat(
          block.map((column) => rateText(column.epochs.find((row) => row.epoch === epoch)))
        )
      ),
      out,
      "  "
    )
    for (const line of lines) out.line(line)
  }
}

/** `0.01`; `0 → 0.002` where it changes from step to step, with the highest between them where that is higher than both. */
export const rateText = (row: EpochRates | undefined): string => {
  if (row === undefined) return "-"
  const { rate } = row
  if (typeof rate === "number") return numberText(rate)
  const [first, last, highest] = [rate[0]!, rate.at(-1)!, Math.max(...rate)]
  const turns = highest > Math.max(first, last) ? [first, highest, last] : [first, last]
  return turns.map((turn) => numberText(turn)).join(" → ")
}

/** As many columns beside each other as the terminal has room for. */
const blocks = (
  columns: ReadonlyArray<RateColumn>,
  width: number
): ReadonlyArray<ReadonlyArray<RateColumn>> => {
  const found: Array<Array<RateColumn>> = [[]]
  let left = width - "  epoch".length
  for (const column of columns) {
    const needed =
      2 + Math.max(...[column.name, ...column.epochs.map(rateText)].map((text) => textWidth(text)))
    if (needed > left && found.at(-1)!.length > 0) {
      found.push([])
      left = width - "  epoch".length
    }
    left -= needed
    found.at(-1)!.push(column)
  }
  return found
}
