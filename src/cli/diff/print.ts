/** Differences for people: what is equal in one line, the rest in detail. */
import type { Json } from "../../base/json.ts"
import { causeLine } from "../../plan/explain.ts"
import { ownerOf, partOf } from "../../plan/instance-name.ts"
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
  const ids = new Set(
    [...changed.map((one) => one.after.id), ...same, ...onlyBefore, ...onlyAfter].filter(
      (id) => partOf(id) === undefined
    )
  )
  // What is to be said of a stage says it of its parts too.
  const isShown = (id: string) => printing.all || partOf(id) === undefined || !ids.has(ownerOf(id))
  const shown = changed.filter((instance) => isShown(instance.after.id))
  for (const instance of shown) {
    out.line()
    printInstanceDifference(instance, printing, firstPart(instance, changed, printing.all))
  }
  const [only, onlyNow] = [onlyBefore.filter(isShown), onlyAfter.filter(isShown)]
  if (only.length + onlyNow.length > 0) out.line()
  if (only.length > 0)
    out.line(`only in ${before.name}: ${list(only, printing.all ? undefined : 8)}`)
  if (onlyNow.length > 0)
    out.line(`only in ${after.name}: ${list(onlyNow, printing.all ? undefined : 8)}`)
  out.line()
  const equal = same.filter(isShown).length
  const total = equal + shown.length
  out.line(
    shown.length === 0
      ? `the same: ${total === 1 ? "the one stage" : `all ${count(total, "stage")}`} that both have`
      : `the same: ${grouped(equal)} of ${count(total, "stage")}`
  )
}

/** The first of an instance's parts that differs. */
const firstPart = (
  { after }: InstanceDifference,
  changed: ReadonlyArray<InstanceDifference>,
  all: boolean
): InstanceDifference | undefined =>
  all || partOf(after.id) !== undefined
    ? undefined
    : changed.find((one) => one.after.id !== after.id && ownerOf(one.after.id) === after.id)

export const printInstanceDifference = (
  { after, before, causes, different, forgotten, outputs }: InstanceDifference,
  { all, out }: Printing,
  part?: InstanceDifference
): void => {
  const { bold, dim } = out.style
  const name = before.id === after.id ? after.id : `${before.id} → ${after.id}`
  const uses = before.uses === after.uses ? after.uses : `${before.uses} → ${after.uses}`
  out.line(`${bold(name)}  ${dim(uses)}`)
  if (!different) out.line("  the same")
  for (const cause of causes) out.line(`  ${causeText(cause)}`)
  if (part !== undefined) {
    const [first] = part.causes
    const why = first === undefined ? "" : `: ${causeText(first)}`
    out.line(`  its first part that differs is ${partOf(part.after.id)}${why}`)
  }
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
    case "tensors": {
      const { at, changes, count: size, different, largest, tensor } = difference
      return [
        `different: ${grouped(different)} of ${grouped(size)} numbers, largest difference ${number(largest)} in ${tensor}[${at.join(",")}]`,
        ...changeLines(changes, all)
      ].join("\n")
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
