/** What a display needs to know of a run so far, gathered from its events. Times are milliseconds since the epoch. */
import type { RunEvent } from "../../run/events.ts"
import { ownerOf } from "../../plan/instance-name.ts"
import { worse } from "../../run/outcome.ts"
import type { Expectations } from "./display.ts"
import { addSample, type Sample } from "./rate.ts"
import { secondsLeft } from "./time-left.ts"

export interface RunningStage {
  readonly id: string
  readonly uses: string
  readonly startedAt: number
  /** The process that computes it, when this run only waits for the result. */
  readonly holder?: string
  readonly progress?: { readonly done: number; readonly total: number; readonly unit: string }
  readonly samples: ReadonlyArray<Sample>
}

export interface Tally {
  readonly startedAt: () => number
  /** Stage instances, each one with its parts. */
  readonly total: () => number
  /** How much is finished, parts too: from 0 to 1. */
  readonly share: () => number
  /** Of stage instances, each one with its parts. */
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
  const ran = new Map<string, { readonly seconds: number; readonly count: number }>()
  /** Instances that are finished in part: how many of their parts, and what these come to. */
  const begun = new Map<string, { readonly count: number; readonly state: keyof typeof counts }>()
  let [startedAt, total, parts, jobs, known] = [0, 0, 0, 1, 0]

  const finish = (id: string, as: keyof typeof counts) => {
    running.delete(id)
    finished.add(id)
    if (as === "known") known += 1
    const owner = ownerOf(id)
    const before = begun.get(owner)
    const state = worse(before?.state, as)
    const count = (before?.count ?? 0) + 1
    if (count < (expected.sizes?.get(owner) ?? 1)) {
      begun.set(owner, { count, state })
      return
    }
    begun.delete(owner)
    counts[state] += 1
  }

  const add = (event: RunEvent): void => {
    switch (event._tag) {
      case "RunStarted":
        ;[startedAt, total, jobs] = [event.at, event.total, event.jobs]
        parts = event.parts ?? 0
        break
      case "StageKnown":
        finish(event.id, "known")
        break
      case "StageStarted":
        running.set(event.id, {
          id: event.id,
          uses: event.uses,
          startedAt: event.at,
          samples: []
        })
        break
      case "StageAwaited":
        running.set(event.id, {
          id: event.id,
          uses: event.uses,
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
      case "StageSucceeded": {
        const { seconds, count } = ran.get(event.uses) ?? { seconds: 0, count: 0 }
        ran.set(event.uses, { seconds: seconds + event.seconds, count: count + 1 })
        finish(event.id, "ran")
        break
      }
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

  return {
    startedAt: () => startedAt,
    total: () => total,
    share: () => (total + parts === 0 ? 0 : finished.size / (total + parts)),
    counts: () => {
      const done = counts.known + counts.ran + counts.failed + counts.skipped
      const open = new Set([...running.keys()].map(ownerOf))
      return { ...counts, left: Math.max(0, total - done - open.size) }
    },
    running: () => [...running.values()],
    secondsLeft: (now) => {
      const seen = { running, finished, done: finished.size - known, ran, jobs }
      return secondsLeft(seen, expected, now)
    },
    add
  }
}
