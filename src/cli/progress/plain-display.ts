/** The display in a log: a line when a stage starts and one when it ends; when there are very many, a count now and then. */
import type { RunEvent } from "../../run/events.ts"
import { clock, grouped } from "../format.ts"
import type { Terminal } from "../terminal.ts"
import { namedAtMost, type Display, type Expectations } from "./display.ts"
import { finishedLine, isWorthALine } from "./stage-line.ts"
import { openTally } from "./tally.ts"

const betweenCountsMs = 2000
/** A line in a log is as long as it needs to be. */
const anyLength = 1000

export const plainDisplay = (
  terminal: Terminal,
  expected: Expectations,
  options: { readonly verbose: boolean }
): Display => {
  const tally = openTally(expected)
  const many = expected.toRun > namedAtMost
  let countedAt: number | undefined

  const counts = (at: number) => {
    const { known, ran, failed, skipped } = tally.counts()
    const left = tally.secondsLeft(at)
    return [
      `${grouped(known + ran + failed + skipped)} of ${grouped(tally.total())} done`,
      ...(failed === 0 ? [] : [`${grouped(failed)} failed`]),
      `${clock((at - tally.startedAt()) / 1000)} passed`,
      ...(left === undefined ? [] : [`about ${clock(left)} left`])
    ].join(", ")
  }

  const event = (event: RunEvent) => {
    tally.add(event)
    if (event._tag === "StageStarted" && !many) {
      terminal.line(terminal.style.dim(`> ${event.id}  ${event.reason}`))
    }
    if (event._tag === "StageAwaited" && !many) {
      terminal.line(
        terminal.style.dim(`> ${event.id}  waits for ${event.holder}, which computes it`)
      )
    }
    if (isWorthALine(event, many, options.verbose)) {
      const line = finishedLine(withoutReason(event), anyLength, terminal.style)
      if (line !== undefined) terminal.line(line)
    }
    if (many && event._tag !== "RunFinished") {
      countedAt ??= event.at
      if (event.at - countedAt >= betweenCountsMs) {
        countedAt = event.at
        terminal.line(terminal.style.dim(counts(event.at)))
      }
    }
  }

  return { event, note: (text) => terminal.line(text), close: () => {} }
}

/** It was said when the stage started. */
const withoutReason = (event: RunEvent): RunEvent =>
  event._tag === "StageSucceeded" ? { ...event, reason: "" } : event
