/** What a display needs to know of a run so far, gathered from its events. Times are milliseconds since the epoch. */
import type { RunEvent } from "../../run/events.ts"
import type { Expectations } from "./display.ts"
import { addSample, rateOf, type Sample } from "./rate.ts"

export interface RunningStage {
  readonly id: string
  readonly startedAt: number
  /** The process that computes it, when this run only waits for the result. */
  readonly holder?: string
  readonly progress?: { readonly done: number; readonly total: number; readonly unit: string }
  readonly samples: ReadonlyArray<Sample>
}

export interface Tally {
  readonly startedAt: () => number
  readonly total: () => number
  readonly counts: () => {
    readonly known: number
    readonly ran: number
    readonly failed: number
    readonly skipped: number
    /** Neither finished nor running. */
    readonly left: number
  }
  /** In the order in which they started. */
  readonly running: () => ReadonlyArray<RunningStage>
  /** Until all is done, from history and from how fast running stages are; undefined when nothing tells. */
  readonly secondsLeft: (now: number) => number | undefined
  readonly add: (event: RunEvent) => void
}

export const openTally = (expected: Expectations): Tally => {
  const running = new Map<string, RunningStage>()
  const finished = new Set<string>()
  const counts = { known: 0, ran: 0, failed: 0, skipped: 0 }
  let [startedAt, total, jobs, secondsOfRan] = [0, 0, 1, 0]

  const finish = (id: string, as: keyof typeof counts) => {
    running.delete(id)
    finished.add(id)
    counts[as] += 1
  }

  const add = (event: RunEvent): void => {
    switch (event._tag) {
      case "RunStarted":
        ;[startedAt, total, jobs] = [event.at, event.total, event.jobs]
        break
      case "StageKnown":
        finish(event.id, "known")
        break
      case "StageStarted":
        running.set(event.id, { id: event.id, startedAt: event.at, samples: [] })
        break
      case "StageAwaited":
        running.set(event.id, {
          id: event.id,
          startedAt: event.at,
          holder: event.holder,
          samples: []
        })
        break
      case "StageProgress": {
        const stage = running.get(event.id)
        if (stage === undefined) break
        const { done, total, unit } = event
        running.set(event.id, {
          ...stage,
          progress: { done, total, unit },
          samples: addSample(stage.samples, { at: event.at, done })
        })
        break
      }
      case "StageSucceeded":
        secondsOfRan += event.seconds
        finish(event.id, "ran")
        break
      case "StageFailed":
        finish(event.id, "failed")
        break
      case "StageSkipped":
        finish(event.id, "skipped")
        break
      case "RunFinished":
        running.clear()
    }
  }

  /** What is still to do of a stage that runs: by its own progress, else by history. */
  const secondsOf = (stage: RunningStage, now: number): number | undefined => {
    const rate = rateOf(stage.samples)
    if (rate !== undefined && stage.progress !== undefined) {
      return Math.max(0, stage.progress.total - stage.progress.done) / rate
    }
    const usual = expected.seconds.get(stage.id)
    return usual === undefined ? undefined : Math.max(0, usual - (now - stage.startedAt) / 1000)
  }

  const secondsLeft = (now: number): number | undefined => {
    const mean = counts.ran === 0 ? undefined : secondsOfRan / counts.ran
    let [work, longest] = [0, 0]
    for (const stage of running.values()) {
      const seconds = secondsOf(stage, now) ?? mean
      if (seconds === undefined) return undefined
      work += seconds
      longest = Math.max(longest, seconds)
    }
    const done = counts.ran + counts.failed + counts.skipped
    let unseen = Math.max(0, expected.toRun - done - running.size)
    for (const [id, seconds] of expected.seconds) {
      if (unseen === 0) break
      if (finished.has(id) || running.has(id)) continue
      work += seconds
      unseen -= 1
    }
    if (unseen > 0 && mean === undefined) return undefined
    work += unseen * (mean ?? 0)
    return Math.max(longest, work / jobs)
  }

  return {
    startedAt: () => startedAt,
    total: () => total,
    counts: () => ({ ...counts, left: Math.max(0, total - finished.size - running.size) }),
    running: () => [...running.values()],
    secondsLeft,
    add
  }
}
