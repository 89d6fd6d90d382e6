/** One line about one stage or the whole run, as parts that are cut to a width together and painted afterwards. */
import type { RunEvent } from "../../run/events.ts"
import { clock, duration, grouped } from "../format.ts"
import type { Style } from "../style.ts"
import { padEnd, textWidth, truncate } from "../text.ts"
import { rateOf } from "./rate.ts"
import type { RunningStage, Tally } from "./tally.ts"

type Part = readonly [text: string, paint?: (text: string) => string]

/** Joins parts until the line is full. */
const fit = (parts: ReadonlyArray<Part>, columns: number): string => {
  let [line, left] = ["", columns]
  for (const [text, paint] of parts) {
    if (left <= 0) break
    const shown = truncate(text, left)
    line += shown.trim() === "" ? shown : (paint?.(shown) ?? shown)
    left -= textWidth(shown)
  }
  return line
}

const spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"

/** Ten pictures a second, the same for all stages. */
const spinnerAt = (now: number) => spinner[Math.floor(now / 100) % spinner.length] ?? ""

/** A bar whose end moves by half a column. */
export const bar = (share: number, columns: number): readonly [full: string, rest: string] => {
  const halves = Math.round(Math.min(1, Math.max(0, share)) * columns * 2)
  const full = "━".repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? "╸" : "")
  return [full, "─".repeat(columns - full.length)]
}

export const runningLine = (
  stage: RunningStage,
  nameColumns: number,
  now: number,
  columns: number,
  style: Style
): string => {
  const elapsed = clock((now - stage.startedAt) / 1000)
  const name: ReadonlyArray<Part> = [
    [`${spinnerAt(now)} `, stage.holder === undefined ? style.cyan : style.dim],
    [padEnd(truncate(stage.id, nameColumns), nameColumns)],
    ["  "]
  ]
  if (stage.holder !== undefined) {
    return fit(
      [...name, [`${elapsed}  waits for ${stage.holder}, which computes it`, style.dim]],
      columns
    )
  }
  if (stage.progress === undefined || stage.progress.total <= 0) {
    return fit([...name, [elapsed, style.dim]], columns)
  }
  const { done, total, unit } = stage.progress
  const rate = rateOf(stage.samples)
  const barColumns = columns - nameColumns >= 70 ? 24 : columns - nameColumns >= 50 ? 12 : 0
  const [full, rest] = bar(done / total, barColumns)
  const percent = `${String(Math.floor((100 * done) / total)).padStart(3)} %`
  return fit(
    [
      ...name,
      [full, style.cyan],
      [rest, style.dim],
      [`${barColumns === 0 ? "" : " "}${percent}`],
      [`  ${grouped(done)}/${grouped(total)}${unit === "" ? "" : ` ${unit}`}`, style.dim],
      [rate === undefined ? "" : `  ${rateText(rate)}`, style.dim],
      [rate === undefined ? `  ${elapsed}` : `  ${clock((total - done) / rate)} left`]
    ],
    columns
  )
}

const rateText = (rate: number) =>
  rate >= 100
    ? `${grouped(Math.round(rate))}/s`
    : rate >= 0.1
      ? `${rate.toPrecision(2)}/s`
      : `${duration(1 / rate)} each`

/** `✓ noisy  1.2 s  seed: 7 → 8` */
export const finishedLine = (
  event: RunEvent,
  columns: number,
  style: Style
): string | undefined => {
  switch (event._tag) {
    case "StageSucceeded":
      return fit(
        [
          ["✓ ", style.green],
          [event.id],
          [`  ${duration(event.seconds)}`],
          [event.reason === "" ? "" : `  ${event.reason}`, style.dim]
        ],
        columns
      )
    case "StageFailed":
      return fit(
        [
          ["✗ ", style.red],
          [event.id, style.bold],
          [`  ${duration(event.seconds)}`],
          [`  ${event.message.split("\n")[0] ?? ""}`, style.red]
        ],
        columns
      )
    case "StageKnown":
      return fit(
        [
          ["· ", style.dim],
          [event.id, style.dim],
          [event.early ? "  known: its inputs came out the same" : "  known", style.dim]
        ],
        columns
      )
    case "StageSkipped":
      return fit(
        [
          ["- ", style.yellow],
          [event.id, style.dim],
          [`  skipped: ${event.because}`, style.dim]
        ],
        columns
      )
    default:
      return undefined
  }
}

/** Which finished stages are named: those that ran unless there are very many, failed ones always, known ones when asked. */
export const isWorthALine = (event: RunEvent, many: boolean, verbose: boolean): boolean => {
  switch (event._tag) {
    case "StageFailed":
      return true
    case "StageSucceeded":
      return !many || verbose
    case "StageKnown":
    case "StageSkipped":
      return verbose
    default:
      return false
  }
}

/** `━━━━━╸──────  12/32  3 ran  9 known  1 failed  0:42  about 1:10 left` */
export const totalLine = (tally: Tally, now: number, columns: number, style: Style): string => {
  const { known, ran, failed, skipped } = tally.counts()
  const total = tally.total()
  const done = known + ran + failed + skipped
  const barColumns = columns >= 80 ? 24 : columns >= 50 ? 12 : 0
  const [full, rest] = bar(tally.share(), barColumns)
  const left = tally.secondsLeft(now)
  return fit(
    [
      [full, failed > 0 ? style.red : style.green],
      [rest, style.dim],
      [`${barColumns === 0 ? "" : "  "}${grouped(done)}/${grouped(total)}`, style.bold],
      [ran === 0 ? "" : `  ${grouped(ran)} ran`],
      [known === 0 ? "" : `  ${grouped(known)} known`, style.dim],
      [failed === 0 ? "" : `  ${grouped(failed)} failed`, style.red],
      [skipped === 0 ? "" : `  ${grouped(skipped)} skipped`, style.yellow],
      [`  ${clock((now - tally.startedAt()) / 1000)}`],
      [
        left === undefined || left < 1 || done >= total ? "" : `  about ${clock(left)} left`,
        style.dim
      ]
    ],
    columns
  )
}
