import { assert, describe, it } from "@effect/vitest"
import type { Digest } from "../../src/base/digest.ts"
import { plainStyle } from "../../src/cli/style.ts"
import { memoryTerminal } from "../../src/cli/terminal.ts"
import { textWidth } from "../../src/cli/text.ts"
import { liveDisplay } from "../../src/cli/progress/live-display.ts"
import { plainDisplay } from "../../src/cli/progress/plain-display.ts"
import { addSample, rateOf, type Sample } from "../../src/cli/progress/rate.ts"
import { bar, runningLine, totalLine } from "../../src/cli/progress/stage-line.ts"
import { openTally } from "../../src/cli/progress/tally.ts"
import type { RunEvent } from "../../src/run/events.ts"

const key = "0".repeat(64) as Digest
const started = (id: string, at: number): RunEvent => ({
  _tag: "StageStarted",
  at,
  id,
  uses: "noise/add",
  key,
  reason: "seed: 7 → 8",
  worker: 1,
  log: "x.log"
})
const succeeded = (id: string, at: number, seconds = 1): RunEvent => ({
  _tag: "StageSucceeded",
  at,
  id,
  uses: "noise/add",
  key,
  reason: "seed: 7 → 8",
  seconds,
  outputs: {}
})
const failed = (id: string, at: number): RunEvent => ({
  _tag: "StageFailed",
  at,
  id,
  uses: "noise/add",
  key,
  reason: "",
  seconds: 0.5,
  message: "sigma is too small\nsecond line",
  lastLines: [],
  log: "x.log"
})
const begin = (total: number, jobs = 1): RunEvent => ({
  _tag: "RunStarted",
  at: 0,
  run: "brisk-otter-7",
  pipeline: "demo",
  total,
  jobs
})
const progress = (id: string, at: number, done: number, total: number): RunEvent => ({
  _tag: "StageProgress",
  at,
  id,
  done,
  total,
  unit: "steps"
})
const nothing = { toRun: 0, seconds: new Map<string, number>() }

describe("rateOf", () => {
  it("follows the last seconds, and forgets a stage that starts over", () => {
    let samples: ReadonlyArray<Sample> = []
    assert.isUndefined(rateOf(samples))
    for (let second = 0; second <= 60; second++) {
      samples = addSample(samples, {
        at: second * 1000,
        done: second <= 30 ? second : 30 + (second - 30) * 10
      })
    }
    assert.closeTo(rateOf(samples) ?? 0, 10, 1e-9)
    assert.isAtMost(samples.length, 70)
    samples = addSample(samples, { at: 61_000, done: 1 })
    assert.isUndefined(rateOf(samples))
  })
})

describe("the tally", () => {
  it("tells the time left from a stage's own rate, and from history for what has not begun", () => {
    const tally = openTally({
      toRun: 2,
      seconds: new Map([
        ["a", 99],
        ["b", 30]
      ])
    })
    for (const event of [
      begin(2),
      started("a", 0),
      progress("a", 0, 0, 100),
      progress("a", 1000, 10, 100)
    ]) {
      tally.add(event)
    }
    assert.closeTo(tally.secondsLeft(1000) ?? 0, 9 + 30, 1e-9)
    assert.deepStrictEqual(tally.counts(), { known: 0, ran: 0, failed: 0, skipped: 0, left: 1 })
  })
  it("says nothing about the time left when nothing tells it", () => {
    const tally = openTally({ toRun: 2, seconds: new Map() })
    tally.add(begin(2))
    tally.add(started("a", 0))
    assert.isUndefined(tally.secondsLeft(500))
    tally.add(succeeded("a", 2000, 2))
    assert.closeTo(tally.secondsLeft(2000) ?? 0, 2, 1e-9)
  })

  const training = {
    toRun: 5,
    seconds: new Map<string, number>(),
    parts: new Map([1, 2, 3, 4].map((epoch) => [`train/epoch-${epoch}`, "train/epoch"])),
    sizes: new Map([["train", 5]])
  }
  const epoch = (event: RunEvent): RunEvent =>
    event._tag === "StageStarted" || event._tag === "StageSucceeded"
      ? { ...event, uses: "train/epoch" }
      : event

  it("counts an instance once all of its parts are done, and goes on with these", () => {
    const tally = openTally(training)
    tally.add({ ...begin(2), parts: 4 } as RunEvent)
    tally.add(started("data", 0))
    tally.add(succeeded("data", 0))
    assert.deepStrictEqual([tally.total(), tally.share()], [2, 1 / 6])
    for (const number of [1, 2]) tally.add(epoch(succeeded(`train/epoch-${number}`, 0)))
    tally.add(started("train/epoch-3", 0))
    assert.deepStrictEqual(tally.counts(), { known: 0, ran: 1, failed: 0, skipped: 0, left: 0 })
    assert.strictEqual(tally.share(), 3 / 6)
    tally.add(failed("train/epoch-3", 0))
    for (const id of ["train/epoch-4", "train"]) {
      tally.add({ _tag: "StageSkipped", at: 0, id, uses: "x", because: "" })
    }
    assert.deepStrictEqual(tally.counts(), { known: 0, ran: 1, failed: 1, skipped: 0, left: 0 })
    assert.strictEqual(tally.share(), 1)
  })

  it("takes the parts of an instance for a chain, each as long as the one that runs", () => {
    const tally = openTally({ ...training, toRun: 4 })
    tally.add({ ...begin(1, 2), parts: 4 } as RunEvent)
    tally.add(epoch(started("train/epoch-1", 0)))
    assert.isUndefined(tally.secondsLeft(0))
    tally.add(progress("train/epoch-1", 0, 0, 100))
    tally.add(progress("train/epoch-1", 1000, 10, 100))
    // 9 seconds of this epoch and 10 of each of the other three, though two jobs are free to run.
    assert.closeTo(tally.secondsLeft(1000) ?? 0, 9 + 3 * 10, 1e-9)
    tally.add(epoch(succeeded("train/epoch-1", 8000, 8)))
    assert.closeTo(tally.secondsLeft(8000) ?? 0, 3 * 8, 1e-9)
  })
})

describe("lines", () => {
  it("never exceed the width", () => {
    const tally = openTally(nothing)
    for (const event of [
      begin(3),
      started("日本語[seed=1]", 0),
      progress("日本語[seed=1]", 100, 1, 9)
    ]) {
      tally.add(event)
    }
    const [stage] = tally.running()
    assert.isDefined(stage)
    for (let columns = 1; columns < 120; columns++) {
      assert.isAtMost(textWidth(runningLine(stage, 12, 500, columns, plainStyle)), columns)
      assert.isAtMost(textWidth(totalLine(tally, 500, columns, plainStyle)), columns)
    }
  })
  it("show how far a stage is", () => {
    const tally = openTally(nothing)
    for (const event of [
      begin(1),
      started("train", 0),
      progress("train", 0, 0, 1000),
      progress("train", 10_000, 420, 1000)
    ]) {
      tally.add(event)
    }
    assert.strictEqual(
      runningLine(tally.running()[0]!, 6, 10_000, 100, plainStyle),
      "⠋ train   ━━━━━━━━━━──────────────  42 %  420/1000 steps  42/s  0:13 left"
    )
  })
  it("fill a bar by half columns", () => {
    assert.deepStrictEqual(bar(0, 4), ["", "────"])
    assert.deepStrictEqual(bar(0.4, 4), ["━╸", "──"])
    assert.deepStrictEqual(bar(2, 4), ["━━━━", ""])
  })
})

describe("the live display", () => {
  /** What a terminal shows after it has been sent `text`, for the few sequences that the display uses. */
  const screenAfter = (text: string): Array<string> => {
    const lines = [""]
    let row = 0
    // oxlint-disable-next-line no-control-regex
    for (const [token] of text.matchAll(/\u001B\[\??[0-9;]*[A-Za-z]|\n|\r|[^\u001B\n\r]+/g)) {
      if (token === "\n") row += 1
      else if (token === "\u001B[J") lines.length = row + 1
      else if (token.endsWith("A") && token.startsWith("\u001B")) row -= Number(token.slice(2, -1))
      else if (token.startsWith("\u001B") || token === "\r") continue
      else lines[row] = token
      lines[row] ??= ""
      if (token === "\u001B[J") lines[row] = ""
    }
    return lines
  }

  it("leaves what finished, removes what moved, and never hides the cursor", () => {
    const terminal = memoryTerminal({ columns: 80, interactive: true })
    const display = liveDisplay(
      terminal,
      { toRun: 2, seconds: new Map() },
      { verbose: false, now: () => 5000 }
    )
    display.event(begin(2))
    display.event(started("noisy", 0))
    display.note("stopping")
    assert.deepStrictEqual(screenAfter(terminal.text()).slice(0, 2), ["stopping", "⠋ noisy  0:05"])
    display.event(succeeded("noisy", 4000))
    display.event(failed("blur", 5000))
    display.close()
    display.close()
    assert.deepStrictEqual(screenAfter(terminal.text()), [
      "stopping",
      "✓ noisy  1.0 s  seed: 7 → 8",
      "✗ blur  500 ms  sigma is too small",
      ""
    ])
    assert.notInclude(terminal.text(), "\u001B[?25l")
  })
})

describe("the plain display", () => {
  it("names stages one by one when they are few", () => {
    const terminal = memoryTerminal()
    const display = plainDisplay(terminal, { toRun: 2, seconds: new Map() }, { verbose: false })
    for (const event of [
      begin(2),
      started("a", 0),
      succeeded("a", 1000),
      started("b", 1000),
      failed("b", 1500)
    ]) {
      display.event(event)
    }
    assert.deepStrictEqual(terminal.text().trimEnd().split("\n"), [
      "> a  seed: 7 → 8",
      "✓ a  1.0 s",
      "> b  seed: 7 → 8",
      "✗ b  500 ms  sigma is too small"
    ])
  })
  it("counts now and then when they are many, and still names failures", () => {
    const terminal = memoryTerminal()
    const display = plainDisplay(terminal, { toRun: 5000, seconds: new Map() }, { verbose: false })
    display.event(begin(5000))
    for (let index = 0; index < 5000; index++) {
      display.event(started(`s${index}`, index))
      display.event(index === 42 ? failed("s42", index) : succeeded(`s${index}`, index, 0.001))
    }
    const lines = terminal.text().trimEnd().split("\n")
    assert.strictEqual(lines[0], "✗ s42  500 ms  sigma is too small")
    assert.isAtMost(lines.length, 4)
    assert.match(lines[1] ?? "", /^200\d of 5000 done, 1 failed, 0:02 passed/)
  })
})
