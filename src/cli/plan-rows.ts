/**
 * A plan as rows to read: an instance is one with its parts, equal reasons of a stage's instances are one row, and what
 * is known is one row in all.
 */
import { firstCause } from "../plan/explain.ts"
import { ownerOf, stageOf } from "../plan/instance-name.ts"
import type { Cause, Decision, Plan } from "../plan/plan.ts"
import { totals, type Totals } from "../plan/totals.ts"
import {
  waitsFor,
  wholeCause,
  type WholeDecision,
  wholeDecisions
} from "../plan/whole-decisions.ts"
import { count, duration, grouped, list } from "./format.ts"
import type { Terminal } from "./terminal.ts"
import { table } from "./table.ts"

export interface PlanRow {
  readonly state: Decision["state"]
  /** A stage, or an instance where it stands alone. */
  readonly name: string
  /** `8 of 24`, or of one instance `3 of 5 parts`; empty where the name says it all. */
  readonly share: string
  readonly reason: string
}

/** Of an instance or part by itself. */
const ownReason = (decision: Decision): string => {
  if (decision.state !== "depends" || decision.causes.length > 0) return firstCause(decision)
  const outside = decision.on.filter((id) => ownerOf(id) !== decision.instance.id)
  const names = outside.length <= 2 ? outside : [...new Set(outside.map(stageOf))]
  const parts = outside.length < decision.on.length ? ["its parts"] : []
  return `depends on ${list([...(names.length <= 3 ? names : [list(names, 3)]), ...parts])}`
}

const waitsOnly = ({ causes, state }: WholeDecision) => state === "depends" && causes.length === 0

const reasonOf = (whole: WholeDecision): string => {
  if (!waitsOnly(whole)) return wholeCause(whole)
  const on = waitsFor(whole)
  return on.length <= 2 ? `depends on ${list(on)}` : commonReason(whole)
}

/** The same for all instances of a stage that differ only by their point: what it names are stages, not instances. */
const commonReason = (whole: WholeDecision): string =>
  waitsOnly(whole)
    ? `depends on ${list([...new Set(waitsFor(whole).map(stageOf))], 3)}`
    : wholeCause(whole).replaceAll(/(?<=[\w-])\[[^[\]]*=[^[\]]*\]/g, "")

/** Different reasons of one stage's instances beyond these are one row; a matrix may give each instance its own. */
const reasonsShown = 4

/**
 * One row a stage, state and reason, in the order of the plan; known ones left out.
 *
 * @param each lists every instance and part by itself, known ones too
 */
export const planRows = (plan: Plan, each: boolean): ReadonlyArray<PlanRow> => {
  if (each) {
    return plan.decisions.map((decision) => ({
      state: decision.state,
      name: decision.instance.id,
      share: "",
      reason: decision.state === "known" ? "" : ownReason(decision)
    }))
  }
  const sizes = new Map<string, number>()
  const groups = new Map<string, Map<string, Array<WholeDecision>>>()
  for (const whole of wholeDecisions(plan)) {
    const { stage, state } = whole
    sizes.set(stage, (sizes.get(stage) ?? 0) + 1)
    if (state === "known") continue
    const stageAndState = `${stage} ${state}`
    const reasons = groups.get(stageAndState) ?? new Map<string, Array<WholeDecision>>()
    groups.set(stageAndState, reasons)
    const reason = commonReason(whole)
    const members = reasons.get(reason)
    if (members === undefined) reasons.set(reason, [whole])
    else members.push(whole)
  }
  return [...groups.values()].flatMap((reasons) => rowsOfStage(reasons, sizes))
}

const rowsOfStage = (
  reasons: ReadonlyMap<string, ReadonlyArray<WholeDecision>>,
  sizes: ReadonlyMap<string, number>
): ReadonlyArray<PlanRow> => {
  const all = [...reasons]
  const shown = all.length <= reasonsShown ? all : all.slice(0, reasonsShown - 1)
  const rest = all.slice(shown.length).flatMap(([, members]) => members)
  return [
    ...shown.map(([reason, members]) => rowOf(members, reason, sizes)),
    ...(rest.length === 0
      ? []
      : [rowOf(rest, `${all.length - shown.length} other reasons (-v lists them)`, sizes)])
  ]
}

const rowOf = (
  members: ReadonlyArray<WholeDecision>,
  reason: string,
  sizes: ReadonlyMap<string, number>
): PlanRow => {
  const [first] = members as readonly [WholeDecision]
  const { id, stage, state } = first
  const parts = partsShare(members)
  if (members.length === 1) return { state, name: id, share: parts, reason: reasonOf(first) }
  const share = shareText(members.length, sizes.get(stage) ?? 0)
  return { state, name: stage, share: parts === "" ? share : `${share}, ${parts}`, reason }
}

const shareText = (some: number, all: number): string =>
  some === all ? grouped(all) : `${grouped(some)} of ${grouped(all)}`

/** `3 of 5 parts`: those that are not known. */
const partsShare = (members: ReadonlyArray<WholeDecision>): string => {
  const parts = members.flatMap((whole) => whole.parts)
  const open = parts.filter(({ state }) => state !== "known").length
  if (open === 0) return ""
  return `${shareText(open, parts.length)} ${parts.length === 1 ? "part" : "parts"}`
}

/** One of a kind, and several. */
const causeWords: { readonly [K in Cause["kind"]]: readonly [string, string] } = {
  forced: ["forced", "forced"],
  new: ["new", "new"],
  uses: ["other stage type", "other stage types"],
  parameter: ["parameter", "parameters"],
  code: ["code", "code"],
  package: ["package", "packages"],
  input: ["input", "inputs"],
  file: ["file", "files"],
  numerics: ["engine", "engine"],
  lost: ["lost result", "lost results"]
}

/** `8 parameters, 3 code`: how many instances each kind of cause accounts for. */
const causesText = ({ causes, depends, run }: Totals): string => {
  const explained = causes.reduce((sum, { count }) => sum + count, 0)
  const others = run + depends - explained
  return [
    ...causes.map(({ count: instances, kind }) => count(instances, ...causeWords[kind])),
    ...(others > 0
      ? [`${grouped(others)} that ${others === 1 ? "depends" : "depend"} on these`]
      : [])
  ].join(", ")
}

/**
 * The whole text of `plan`.
 *
 * @param plan with causes
 */
export const planText = (
  plan: Plan,
  shown: {
    readonly file: string
    readonly jobs: number
    readonly verbose: boolean
    readonly terminal: Pick<Terminal, "columns" | "style">
  }
): string => {
  const { bold, cyan, dim, green, yellow } = shown.terminal.style
  const sums = totals(plan, shown.jobs)
  const { depends, known, run } = sums
  const heading = `${bold(shown.file)}: ${count(sums.instances, "stage instance")}`
  const paints: { readonly [state: string]: (text: string) => string } = {
    known: green,
    run: yellow,
    depends: cyan
  }
  const lines = table(
    [
      { paint: (state) => paints[state]?.(state) ?? state },
      {},
      { paint: dim, align: "right" },
      { flexible: true }
    ],
    planRows(plan, shown.verbose).map(({ name, reason, share, state }) => [
      state,
      name,
      share,
      reason
    ]),
    shown.terminal,
    "  "
  )
  if (run + depends === 0) {
    const text = `${heading}, ${green("all known")}: nothing to run`
    return [text, ...(shown.verbose ? ["", ...lines] : []), ""].join("\n")
  }
  return [
    `${heading}, ${[
      ...(known > 0 ? [`${grouped(known)} known`] : []),
      ...(run > 0 ? [`${grouped(run)} will run`] : []),
      ...(depends > 0
        ? [`${grouped(depends)} ${depends === 1 ? "depends" : "depend"} on results to come`]
        : [])
    ].join(", ")}`,
    "",
    ...lines,
    ...(known > 0 && !shown.verbose ? [dim(`  and ${grouped(known)} known (-v lists them)`)] : []),
    "",
    `${dim("causes")}    ${causesText(sums)}`,
    `${dim("expected")}  ${expectedText(sums, shown.jobs)}`,
    ""
  ].join("\n")
}

const expectedText = ({ expected: { unknown, wallSeconds } }: Totals, jobs: number) =>
  wallSeconds === 0
    ? "no run has told yet how long this takes"
    : `about ${duration(wallSeconds)} with -j ${jobs}${
        unknown === 0 ? "" : `, and ${count(unknown, "instance")} that no run has told about`
      }`
