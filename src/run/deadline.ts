/** A stage's time limit: it is asked to stop, then its process is ended, and its failure says why. */
import type { JobDone, JobFailed } from "./protocol.ts"

export interface Deadline {
  /** To be called when the stage has ended, with its reply; what a stage finished within the grace counts. */
  readonly passed: (reply: JobDone | JobFailed) => JobDone | JobFailed
}

/** How long a stage has to stop by itself. */
const graceMs = 2000

export const setDeadline = (
  uses: string,
  limitMs: number | undefined,
  stop: { readonly ask: () => void; readonly force: () => void }
): Deadline => {
  if (limitMs === undefined) return { passed: (reply) => reply }
  let overdue = false
  let force: NodeJS.Timeout | undefined
  const ask = after(limitMs, () => {
    overdue = true
    stop.ask()
    force = setTimeout(stop.force, graceMs)
  })
  return {
    passed: (reply) => {
      ask.cancel()
      clearTimeout(force)
      if (!overdue || reply._tag === "Done") return reply
      return {
        ...reply,
        message: `${uses} ran longer than its limit of ${limitMs / 1000} s`,
        hint: "raise `time` in the stage's `resources`, or remove it"
      }
    }
  }
}

/** Node's timers end at 25 days: longer waits are made of several. */
const longestMs = 2 ** 31 - 1

const after = (ms: number, then: () => void): { readonly cancel: () => void } => {
  let timer: NodeJS.Timeout
  const wait = (left: number) => {
    timer = setTimeout(
      () => (left > longestMs ? wait(left - longestMs) : then()),
      Math.min(left, longestMs)
    )
  }
  wait(ms)
  return { cancel: () => clearTimeout(timer) }
}
