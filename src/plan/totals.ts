/** A plan in numbers: how many instances, for which causes, and about how long. */
import { forEachInput } from "./keys.ts"
import type { Cause, Plan } from "./plan.ts"

export interface Totals {
  readonly instances: number
  readonly known: number
  readonly run: number
  readonly depends: number
  /** Instances to run by the kind of their first cause, most frequent first. */
  readonly causes: ReadonlyArray<{ readonly kind: Cause["kind"]; readonly count: number }>
  readonly expected: {
    /** The stages' own work one after the other. */
    readonly workSeconds: number
    /** The longest chain of stages that wait for each other: no number of jobs makes the run shorter. */
    readonly criticalPathSeconds: number
    /** With `jobs` at once; a lower bound, as stages seldom fill all slots. */
    readonly wallSeconds: number
    /** Instances that history says nothing about, and that the seconds leave out. */
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
  for (const decision of plan.decisions) {
    counts[decision.state] += 1
    if (decision.state === "known") continue
    const [first] = decision.causes
    if (first !== undefined) causes.set(first.kind, (causes.get(first.kind) ?? 0) + 1)
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
    instances: plan.decisions.length,
    ...counts,
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
