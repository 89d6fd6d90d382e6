/** How long a run will still take: from how fast running stages are, from what has run in it, and from history. */
import { ownerOf } from "../../plan/instance-name.ts"
import type { Expectations } from "./display.ts"
import { rateOf } from "./rate.ts"
import type { RunningStage } from "./tally.ts"

export interface Seen {
  readonly running: ReadonlyMap<string, RunningStage>
  readonly finished: { readonly has: (id: string) => boolean }
  /** Instances and parts that are done, those known from the start left out. */
  readonly done: number
  /** Seconds of what ran, by stage type. */
  readonly ran: ReadonlyMap<string, { readonly seconds: number; readonly count: number }>
  readonly jobs: number
}

/**
 * @param now milliseconds since the epoch
 * @returns undefined when nothing tells
 */
export const secondsLeft = (
  seen: Seen,
  expected: Expectations,
  now: number
): number | undefined => {
  const { done, finished, jobs, ran, running } = seen
  const mean = meanOf([...ran.values()])
  let work = 0
  /** The parts of one instance are mostly done one after the other. */
  const chains = new Map<string, number>()
  const add = (id: string, seconds: number) => {
    work += seconds
    const owner = ownerOf(id)
    chains.set(owner, (chains.get(owner) ?? 0) + seconds)
  }
  /** What a part takes is best told by one of its kind that runs. */
  const whole = new Map<string, number>()
  for (const stage of running.values()) {
    const left = leftOf(stage, expected, now)
    if (left !== undefined) whole.set(stage.uses, left + (now - stage.startedAt) / 1000)
    const seconds = left ?? mean
    if (seconds === undefined) return undefined
    add(stage.id, seconds)
  }
  let unseen = Math.max(0, expected.toRun - done - running.size)
  for (const [id, uses] of expected.parts ?? []) {
    if (unseen === 0) break
    if (finished.has(id) || running.has(id)) continue
    const ofItsKind = ran.get(uses)
    const seconds =
      (ofItsKind === undefined ? undefined : meanOf([ofItsKind])) ??
      expected.seconds.get(id) ??
      whole.get(uses)
    if (seconds === undefined) continue
    add(id, seconds)
    unseen -= 1
  }
  for (const [id, seconds] of expected.seconds) {
    if (unseen === 0) break
    if (finished.has(id) || running.has(id) || expected.parts?.has(id) === true) continue
    add(id, seconds)
    unseen -= 1
  }
  if (unseen > 0 && mean === undefined) return undefined
  work += unseen * (mean ?? 0)
  return Math.max(0, ...chains.values(), work / jobs)
}

const meanOf = (
  all: ReadonlyArray<{ readonly seconds: number; readonly count: number }>
): number | undefined => {
  const count = all.reduce((sum, one) => sum + one.count, 0)
  return count === 0 ? undefined : all.reduce((sum, one) => sum + one.seconds, 0) / count
}

/** What is still to do of a stage that runs: by its own progress, else by history. */
const leftOf = (
  { id, progress, samples, startedAt }: RunningStage,
  expected: Expectations,
  now: number
): number | undefined => {
  const rate = rateOf(samples)
  if (rate !== undefined && progress !== undefined) {
    return Math.max(0, progress.total - progress.done) / rate
  }
  const usual = expected.seconds.get(id)
  return usual === undefined ? undefined : Math.max(0, usual - (now - startedAt) / 1000)
}
