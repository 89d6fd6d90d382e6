/** What a run says when it is over: a summary and failures on standard error, the results' paths on standard output. */
import { relative } from "node:path"
import type { Digest } from "../base/digest.ts"
import type { Diagnostic, Position } from "../language/diagnostic.ts"
import type { Decision } from "../plan/plan.ts"
import type { RunEvent } from "../run/events.ts"
import type { RunOutcome } from "../run/outcome.ts"
import type { ActionOutput } from "../store/action.ts"
import type { InstanceState, RunRecord } from "../store/run-record.ts"
import type { CommandContext } from "./command.ts"
import { count, duration, grouped } from "./format.ts"

/** One stage instance, as in `run --json`. */
export interface StageReport {
  readonly id: string
  readonly uses: string
  readonly state: InstanceState
  readonly reason: string
  readonly key: Digest | null
  /** Of the stage's own work; 0 when it did not run. */
  readonly seconds: number
  readonly outputs: { readonly [port: string]: ActionOutput }
  /** Only of one that failed. */
  readonly error?: { readonly message: string; readonly hint?: string; readonly log: string }
}

export const knownReason = "its result is in the store"

/** Undefined for an instance that is not known. */
export const knownReport = (decision: Decision): StageReport | undefined =>
  decision.state === "known"
    ? {
        id: decision.instance.id,
        uses: decision.instance.uses,
        state: "known",
        reason: knownReason,
        key: decision.key,
        seconds: 0,
        outputs: decision.outputs
      }
    : undefined

export type Failure = Extract<RunEvent, { readonly _tag: "StageFailed" }>

export interface RunReport {
  readonly outcome: RunOutcome
  /** In the order of the plan; only asked for by `--json`. */
  readonly stages: () => ReadonlyArray<StageReport>
  readonly failures: ReadonlyArray<Failure>
  /** Where each stage stands in the pipeline's files, by instance. */
  readonly positions: ReadonlyMap<string, Position>
  readonly seconds: number
  readonly warnings: ReadonlyArray<Diagnostic>
}

/** Failures beyond these are only counted; they tend to have one cause. */
const failuresShown = 5
/** Results beyond these are only counted, on a terminal. */
const resultsShown = 12

export const printRun = (context: CommandContext, report: RunReport): void => {
  if (context.json) {
    printRunJson(context, report)
    return
  }
  const { err, quiet } = context
  const { failures, outcome, positions } = report
  for (const failure of failures.slice(0, failuresShown)) {
    printFailure(context, failure, positions.get(failure.id))
  }
  if (failures.length > failuresShown) {
    err.line(
      `and ${grouped(failures.length - failuresShown)} more failed; \`ablate show ${outcome.record.name}\` lists them`
    )
    err.line()
  }
  for (const notice of outcome.notices) err.line(`${err.style.yellow("note:")}  ${notice}`)
  if (!quiet) err.line(summary(context, report))
  printResults(context, report)
}

const printRunJson = (
  context: CommandContext,
  { outcome, stages, seconds, warnings }: RunReport
) => {
  const { record, results, notices } = outcome
  context.printJson({
    run: record.name,
    pipeline: record.pipeline,
    file: record.file,
    state: record.state,
    seconds,
    counts: record.counts,
    stages: stages(),
    results: results.map(({ path, instance }) => ({ path: shownPath(context, path), instance })),
    notices,
    diagnostics: warnings
  })
}

const shownPath = ({ cwd }: CommandContext, path: string) => {
  const short = relative(cwd, path)
  return short.startsWith("..") ? path : short
}

/** `✓ quickstart: 3 ran, 11 known in 2.1 s (run brisk-otter-7)` */
const summary = ({ err }: CommandContext, { outcome, seconds }: RunReport): string => {
  const { bold, dim, green, red, yellow } = err.style
  const { counts, name, pipeline, state } = outcome.record
  const tail = `in ${duration(seconds)} ${dim(`(run ${name})`)}`
  const parts =
    [
      ...(counts.ran > 0 ? [`${grouped(counts.ran)} ran`] : []),
      ...(counts.known > 0 ? [`${grouped(counts.known)} known`] : []),
      ...(counts.failed > 0 ? [red(`${grouped(counts.failed)} failed`)] : []),
      ...(counts.skipped > 0 ? [yellow(`${grouped(counts.skipped)} skipped`)] : [])
    ].join(", ") + partsText(counts)
  switch (state) {
    case "done":
      return counts.ran === 0
        ? `${green("✓")} ${bold(pipeline)}: all ${grouped(counts.total)} known, nothing to run, ${tail}`
        : `${green("✓")} ${bold(pipeline)}: ${parts} ${tail}`
    case "interrupted":
      return `${yellow("!")} ${bold(pipeline)}: interrupted; ${parts} ${tail}\n  what has finished is kept: run it again to go on`
    default:
      return `${red("✗")} ${bold(pipeline)}: ${parts} ${tail}`
  }
}

/** ` (2 of 4 parts ran)`, in addition to stage instances; empty when none did. */
export const partsText = ({ parts = 0, partsRan = 0 }: RunRecord["counts"]): string => {
  if (partsRan === 0) return ""
  return ` (${partsRan === parts ? "" : `${grouped(partsRan)} of `}${count(parts, "part")} ran)`
}

const printFailure = (
  context: CommandContext,
  failure: Failure,
  position: Position | undefined
): void => {
  const { err } = context
  const { bold, cyan, dim, red } = err.style
  const after = failure.seconds > 0 ? `failed after ${duration(failure.seconds)}` : "failed"
  const place =
    position === undefined ? "" : dim(` · ${position.file}:${position.line}:${position.column}`)
  err.line(`${red("✗")} ${bold(failure.id)} ${dim(`(${failure.uses})`)} ${after}${place}`)
  for (const line of failure.message.trimEnd().split("\n")) err.line(`  ${line}`)
  if (failure.hint !== undefined) err.line(`  ${cyan("hint:")} ${failure.hint}`)
  if (failure.lastLines.length > 0) {
    err.line(dim("  the end of its log:"))
    for (const line of failure.lastLines) err.line(`  ${dim("│")} ${line}`)
  }
  if (failure.log !== "") err.line(`  ${dim("log:")} ${shownPath(context, failure.log)}`)
  err.line()
}

const printResults = (context: CommandContext, { outcome }: RunReport): void => {
  const { out, verbose } = context
  const paths = outcome.results.map(({ path }) => shownPath(context, path))
  const few = verbose || !out.interactive ? paths.length : resultsShown
  for (const path of paths.slice(0, few)) out.line(out.interactive ? `  ${path}` : path)
  if (paths.length > few) out.line(out.style.dim(`  and ${grouped(paths.length - few)} more`))
}
