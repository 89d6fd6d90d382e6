/** Differences for people: what is equal in one line, the rest in detail. */
import type { Json } from "../../base/json.ts"
import { causeLine } from "../../plan/explain.ts"
import type { Cause } from "../../plan/plan.ts"
import { showChange, showValue } from "../../plan/show-value.ts"
import type { Change } from "../../report/compare/json-changes.ts"
import type { ValueDifference } from "../../report/compare/values.ts"
import { number } from "../../report/value/number.ts"
import { bytes, count, grouped, list } from "../format.ts"
import { type Fact, printFacts } from "../show/facts.ts"
import type { Terminal } from "../terminal.ts"
import type { InstanceDifference } from "./instances.ts"
import type { RunDifference } from "./runs.ts"
import type { OutputDifference } from "./values.ts"

/** Changes within one value beyond these are only counted, unless all are asked for. */
const changesShown = 8

export interface Printing {
  readonly out: Terminal
  /** Everything, instead of the first few of many. */
  readonly all: boolean
}

export const printRunDifference = (difference: RunDifference, printing: Printing): void => {
  const { out } = printing
  const { bold, dim } = out.style
  const { after, before, changed, onlyAfter, onlyBefore, params, same } = difference
  const pipelines = before.file === after.file ? after.file : `${before.file} → ${after.file}`
  out.line(`${bold(before.name)} → ${bold(after.name)}  ${dim(pipelines)}`)
  if (params.length > 0) {
    out.line()
    out.line(bold("params"))
    printFacts(changeFacts(params, true), out)
  }
  for (const instance of changed) {
    out.line()
    printInstanceDifference(instance, printing)
  }
  if (onlyBefore.length + onlyAfter.length > 0) out.line()
  if (onlyBefore.length > 0)
    out.line(`only in ${before.name}: ${list(onlyBefore, printing.all ? undefined : 8)}`)
  if (onlyAfter.length > 0)
    out.line(`only in ${after.name}: ${list(onlyAfter, printing.all ? undefined : 8)}`)
  out.line()
  const total = same.length + changed.length
  out.line(
    changed.length === 0
      ? `the same: ${total === 1 ? "the one stage" : `all ${count(total, "stage")}`} that both have`
      : `the same: ${grouped(same.length)} of ${count(total, "stage")}`
  )
}

export const printInstanceDifference = (
  { after, before, causes, different, forgotten, outputs }: InstanceDifference,
  { all, out }: Printing
): void => {
  const { bold, dim } = out.style
  const name = before.id === after.id ? after.id : `${before.id} → ${after.id}`
  const uses = before.uses === after.uses ? after.uses : `${before.uses} → ${after.uses}`
  out.line(`${bold(name)}  ${dim(uses)}`)
  if (!different) out.line("  the same")
  for (const cause of causes) out.line(`  ${causeText(cause)}`)
  if (forgotten) out.line(dim("  what it was made of is no longer in the store on one side"))
  printFacts(
    Object.entries(outputs).map(([port, output]): Fact => [port, outputText(output, all)]),
    out
  )
}

/** Recipes do not know where a file lay. */
const causeText = (cause: Cause): string =>
  cause.kind === "file" ? `file ${cause.param}: content differs` : causeLine(cause)

export const outputText = (output: OutputDifference, all: boolean): string => {
  switch (output.state) {
    case "same":
      return "the same bits"
    case "only before":
      return "only before"
    case "only after":
      return "only after"
    case "gone":
      return "different; one of them is no longer in the store"
    default:
      return output.difference === undefined ? "different" : differenceText(output.difference, all)
  }
}

const differenceText = (difference: ValueDifference, all: boolean): string => {
  switch (difference.kind) {
    case "type":
      return `different: ${difference.before} → ${difference.after}`
    case "numbers": {
      const { at, count: size, different, largest, mse, psnr } = difference
      const share =
        different === size
          ? `all ${grouped(size)} numbers`
          : `${grouped(different)} of ${grouped(size)} numbers`
      const image = [
        ...(mse === undefined ? [] : [`MSE ${number(mse)}`]),
        ...(psnr === undefined ? [] : [`PSNR ${psnr.toFixed(2)} dB`])
      ]
      return [
        `different: ${share}, largest difference ${number(largest)} at [${at.join(",")}]`,
        ...image
      ].join(", ")
    }
    case "bytes": {
      const sizes =
        difference.before === difference.after
          ? `${bytes(difference.after)}, other content`
          : `${bytes(difference.before)} → ${bytes(difference.after)}`
      return [`different: ${sizes}`, ...changeLines(difference.changes, all)].join("\n")
    }
    default:
      return changeLines(difference.changes, all).join("\n")
  }
}

const changeLines = (changes: ReadonlyArray<Change>, all: boolean): ReadonlyArray<string> => {
  const lines = all
    ? changes.map((change) => `${nameOf(change.path)}: ${changeText(change)}`)
    : shortened(changes)
  const shown = all ? lines : lines.slice(0, changesShown)
  const more = lines.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${grouped(more)} more; -v shows all`] : [])]
}

/** What metrics and tables hold, without the names of their parts. */
const nameOf = (path: string): string => path.replace(/^scalars\./, "")

/** Changes of one column in many rows are one line. */
const shortened = (changes: ReadonlyArray<Change>): ReadonlyArray<string> => {
  const columns = Map.groupBy(
    changes,
    ({ path }) => /^(?:series|rows)\[\d+\]\.(.+)$/.exec(path)?.[1]
  )
  return [...columns].flatMap(([column, found]) =>
    column === undefined || found.length === 1
      ? found.map((change) => `${nameOf(change.path)}: ${changeText(change)}`)
      : [`${column}: differs in ${count(found.length, "row")}${furthest(found)}`]
  )
}

/** `, most in row 3: 0.028 → 0.029 (+0.001)` */
const furthest = (changes: ReadonlyArray<Change>): string => {
  const distance = ({ after, before }: Change) =>
    typeof before === "number" && typeof after === "number" ? Math.abs(after - before) : -1
  const most = changes.reduce((a, b) => (distance(b) > distance(a) ? b : a))
  const row = /\[(\d+)\]/.exec(most.path)?.[1]
  return distance(most) < 0 ? "" : `, most in row ${row}: ${changeText(most)}`
}

const changeFacts = (changes: ReadonlyArray<Change>, all: boolean): ReadonlyArray<Fact> => {
  const shown = all ? changes : changes.slice(0, changesShown)
  return shown.map((change) => [change.path, changeText(change)])
}

/** Both numbers, and by how much they differ. */
const changeText = ({ after, before }: Change): string => {
  if (typeof before === "number" && typeof after === "number") {
    const delta = after - before
    const shown = showChange(rounded(before), rounded(after))
    return `${shown.before} → ${shown.after} (${delta > 0 ? "+" : ""}${number(delta)})`
  }
  return `${showValue(before)} → ${showValue(after)}`
}

const rounded = (value: number): Json => Number(value.toPrecision(7))
