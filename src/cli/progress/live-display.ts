/**
 * The display on a terminal: a few lines at the bottom that are drawn again and again, above them what has finished.
 *
 * The cursor is never hidden, it rests below the region; so a run that dies, however it dies, leaves a sound terminal.
 * Each drawing is one write between the marks of a synchronized update, so terminals that know them do not flicker.
 */
import type { RunEvent } from "../../run/events.ts"
import type { Terminal } from "../terminal.ts"
import { textWidth } from "../text.ts"
import { namedAtMost, type Display, type Expectations } from "./display.ts"
import { finishedLine, isWorthALine, runningLine, totalLine } from "./stage-line.ts"
import { openTally } from "./tally.ts"

const framesPerSecond = 12

export const liveDisplay = (
  terminal: Terminal,
  expected: Expectations,
  options: { readonly verbose: boolean; readonly now?: () => number }
): Display => {
  const now = options.now ?? Date.now
  const tally = openTally(expected)
  const many = expected.toRun > namedAtMost
  /** Lines that go above the region with the next drawing. */
  let scrolled: Array<string> = []
  let drawn: ReadonlyArray<string> = []
  let closed = false

  const draw = (region: ReadonlyArray<string>) => {
    const up = rowsOf(drawn, terminal.columns)
    const text = [...scrolled, ...region].map((line) => `${line}\u001B[K\n`).join("")
    if (text === "" && up === 0) return
    terminal.write(`\u001B[?2026h\r${up === 0 ? "" : `\u001B[${up}A`}${text}\u001B[J\u001B[?2026l`)
    scrolled = []
    drawn = region
  }

  const region = (): ReadonlyArray<string> => {
    // The last column stays free: some terminals wrap as soon as it is written.
    const columns = terminal.columns - 1
    const running = tally.running()
    const room = Math.max(1, Math.min(16, terminal.rows - 3))
    const shown = running.length > room ? running.slice(0, room - 1) : running
    const longest = Math.max(0, ...shown.map(({ id }) => textWidth(id)))
    const nameColumns = Math.min(longest, Math.max(12, Math.floor(columns * 0.45)))
    const at = now()
    return [
      ...shown.map((stage) => runningLine(stage, nameColumns, at, columns, terminal.style)),
      ...(shown.length < running.length
        ? [terminal.style.dim(`  and ${running.length - shown.length} more`)]
        : []),
      totalLine(tally, at, columns, terminal.style)
    ]
  }

  const timer = setInterval(() => draw(region()), 1000 / framesPerSecond)
  timer.unref()

  const event = (event: RunEvent) => {
    tally.add(event)
    if (isWorthALine(event, many, options.verbose)) {
      const line = finishedLine(event, terminal.columns - 1, terminal.style)
      if (line !== undefined) scrolled.push(line)
    }
  }

  return {
    event,
    note: (text) => {
      scrolled.push(text)
      if (!closed) draw(region())
    },
    close: () => {
      if (closed) return
      closed = true
      clearInterval(timer)
      draw([])
    }
  }
}

/** Rows that lines take once a terminal that became narrower has broken them anew. */
const rowsOf = (lines: ReadonlyArray<string>, columns: number): number =>
  lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(textWidth(line) / columns)), 0)
