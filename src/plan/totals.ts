/** A plan in numbers: how many instances (each with its parts as one), for which causes, and about how long. */
import { forEachInput } from "./keys.ts"
import type { Cause, Plan } from "./plan.ts"
import { wholeDecisions } from "./whole-decisions.ts"

export interface Totals {
  readonly instances: number
  readonly known: number
  readonly run: number
  readonly depends: number
  /** The parts that instances are made of, and how many of these are known; absent when there are none. */
  readonly parts?: { readonly total: number; readonly known: number }
  /** Instances to run by the kind of their first cause, most frequent first. */
  readonly causes: ReadonlyArray<{ readonly kind: Cause["kind"]; readonly count: number }>
  readonly expected: {
    /** The stages' own work one after the other. */
    readonly workSeconds: number
    /** The longest chain of stages that wait for each other: no number of jobs makes the run shorter. */
    readonly criticalPathSeconds: number
    /** With `jobs` at once; a lower bound, as stages seldom fill all slots. */
    readonly wallSeconds: number
    /** Instances and parts that history says nothing about, and that the seconds leave out. */
    readonly unknown: number
  }
}

/**
 * @param plan with causes and expected times (`explain`); what depends is counted as if it had to run
 * @param jobs how many stages run at once
 */
export const totals = (plan: Plan, jobs = 1): Totals => {
  const counts = { known: 0, run: 0, depends: 0 }
  const causes = new Map<Cause["kind"], number>()
  const finishedAt = new Map<string, number>()
  let [workSeconds, criticalPathSeconds, unknown] = [0, 0, 0]
  const parts = { total: 0, known: 0 }
  const wholes = wholeDecisions(plan)
  for (const whole of wholes) {
    counts[whole.state] += 1
    parts.total += whole.parts.length
    for (const { state } of whole.parts) if (state === "known") parts.known += 1
    const [first] = whole.causes
    if (first !== undefined) causes.set(first.kind, (causes.get(first.kind) ?? 0) + 1)
  }
  for (const decision of plan.decisions) {
    if (decision.state === "known") continue
    if (decision.expectedSeconds === undefined) unknown += 1
    const seconds = decision.expectedSeconds ?? 0
    let startsAt = 0
    forEachInput(decision.instance, (from) => {
      startsAt = Math.max(startsAt, finishedAt.get(from.instance) ?? 0)
    })
    finishedAt.set(decision.instance.id, startsAt + seconds)
    workSeconds += seconds
    criticalPathSeconds = Math.max(criticalPathSeconds, startsAt + seconds)
  }
  return {
    instances: wholes.length,
    ...counts,
    ...(parts.total === 0 ? {} : { parts }),
    causes: [...causes]
      .map(([kind, count]) => ({ kind, count }))
      .toSorted((a, b) => b.count - a.count),
    expected: {
      workSeconds,
      criticalPathSeconds,
      wallSeconds: Math.max(criticalPathSeconds, workSeconds / Math.max(1, jobs)),
      unknown
    }
  }
}
