/** How many stages of a plan keep busy at once, on the average: what cores are shared among. */
import { ownerOf } from "./instance-name.ts"
import { forEachInput } from "./keys.ts"
import { wholesOf } from "./parts.ts"
import type { Decision } from "./plan.ts"

/**
 * Work divided by the longest chain of stages that wait for each other (Brent 1974), to the nearest whole number, at
 * least 1: of a training and a few pictures of what it learned 1, of two trainings 2.
 *
 * Times come from history; what history says nothing of takes as long as the others. What runs beside the chain of parts
 * of an instance, such as the evaluation of each epoch, counts only when it would keep another stage's worth busy.
 *
 * @param decisions those to run, in the order of the pipeline, with expected times if there are any
 */
export const parallelismOf = (decisions: ReadonlyArray<Decision>): number => {
  const known = decisions.flatMap((one) => secondsOf(one) ?? [])
  const usual = known.length === 0 ? 1 : known.reduce((sum, one) => sum + one, 0) / known.length
  const timeOf = (decision: Decision) => secondsOf(decision) ?? usual
  const finished = new Map<string, number>()
  let [work, span] = [0, 0]
  for (const { id, own, parts } of wholesOf(decisions, ({ instance }) => instance.id)) {
    const members = own === undefined ? parts : [...parts, own]
    const inside = measure(members, timeOf)
    const lanes = inside.span === 0 ? 1 : Math.max(1, Math.floor(inside.work / inside.span))
    let start = 0
    for (const { instance } of members) {
      forEachInput(instance, (from) => {
        const owner = ownerOf(from.instance)
        if (owner !== id) start = Math.max(start, finished.get(owner) ?? 0)
      })
    }
    finished.set(id, start + inside.span)
    span = Math.max(span, start + inside.span)
    work += inside.span * lanes
  }
  return span === 0 ? 1 : Math.max(1, Math.round(work / span))
}

const secondsOf = (decision: Decision): number | undefined =>
  decision.state === "known" ? undefined : decision.expectedSeconds

const measure = (
  members: ReadonlyArray<Decision>,
  timeOf: (decision: Decision) => number
): { readonly work: number; readonly span: number } => {
  const finished = new Map<string, number>()
  let [work, span] = [0, 0]
  for (const decision of members) {
    let start = 0
    forEachInput(decision.instance, (from) => {
      start = Math.max(start, finished.get(from.instance) ?? 0)
    })
    const time = timeOf(decision)
    finished.set(decision.instance.id, start + time)
    work += time
    span = Math.max(span, start + time)
  }
  return { work, span }
}
