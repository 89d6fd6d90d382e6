/**
 * What the loss figure draws, small enough for a page: of each run the raw losses, thinned out without losing a spike, and
 * of each variant smoothed curves with the range of its runs.
 */
import type { Comparison } from "../comparison/comparison.ts"
import type { ComparedRun } from "../comparison/runs.ts"
import { evenlySpaced, extremes, movingMean, roundDown } from "./smooth.ts"

/** What the horizontal axis may count. */
export type Progress = "step" | "epoch" | "seconds"

/** Columns of equal length, so that names are written once. */
export interface RawLoss {
  readonly variant: number
  readonly run: string
  readonly step: ReadonlyArray<number>
  /** In fractions: 1 is the end of the first. */
  readonly epoch?: ReadonlyArray<number>
  readonly seconds?: ReadonlyArray<number>
  readonly loss: ReadonlyArray<number | null>
}

export interface SmoothLoss {
  readonly variant: number
  readonly step: ReadonlyArray<number>
  readonly epoch?: ReadonlyArray<number>
  readonly seconds?: ReadonlyArray<number>
  /** By level of smoothing, counted from 1, as `mean1`, `low1`, `high1`: over the runs; null where it is not finite. */
  readonly [column: `${"mean" | "low" | "high"}${number}`]: ReadonlyArray<number | null>
}

export interface LossData {
  readonly progress: ReadonlyArray<Progress>
  readonly raw: ReadonlyArray<RawLoss>
  readonly smooth: ReadonlyArray<SmoothLoss>
  /** Rows that each level of smoothing averages over, ascending; none when runs are too short for any. */
  readonly windows: ReadonlyArray<number>
  /** Index of the level to begin with. */
  readonly window: number
  /** The linear axis from bottom to top, and whether losses above it are cut off. */
  readonly linear: { readonly low: number; readonly high: number; readonly cut: boolean }
  /** The logarithmic one; absent when no loss is positive. */
  readonly log?: { readonly low: number; readonly high: number }
}

/** Points of a smoothed curve: about two pixels apart. */
const smoothPoints = 300
/** Stretches of which a raw line keeps both extremes; fewer when there are many runs, so that pages stay small. */
const rawStretches = 400
const allStretches = 12_000

/**
 * @param smoothing rows to average over at first; absent: a fiftieth of the longest run
 * @returns undefined when no run has a series of losses
 */
export const lossData = (
  { variants }: Comparison,
  smoothing: number | undefined
): LossData | undefined => {
  const runs = variants.flatMap(({ runs }, variant) =>
    runs.flatMap(({ label, value }) => {
      const rows = lossRows(value)
      return rows.loss.length === 0 ? [] : [{ variant, label, rows }]
    })
  )
  if (runs.length === 0) return undefined
  const progress = (["step", "epoch", "seconds"] as const).filter((name) =>
    runs.every(({ rows }) => rows[name] !== undefined)
  )
  const longest = Math.max(...runs.map(({ rows }) => rows.loss.length))
  const { window, windows } = levels(longest, smoothing)
  const stretches = Math.min(rawStretches, Math.max(40, Math.floor(allStretches / runs.length)))
  const smooth = variants.flatMap((_, variant) => {
    const members = runs.filter((run) => run.variant === variant).map(({ rows }) => rows)
    return members.length === 0 ? [] : [{ variant, ...smoothed(members, windows, progress) }]
  })
  const raw = runs.map(({ label, rows, variant }): RawLoss => {
    const kept = extremes(rows.loss, stretches)
    return {
      variant,
      run: label,
      step: at(rows.step, kept),
      ...(progress.includes("epoch") ? { epoch: at(rows.epoch ?? [], kept).map(short) } : {}),
      ...(progress.includes("seconds") ? { seconds: at(rows.seconds ?? [], kept).map(short) } : {}),
      loss: at(rows.loss, kept).map(finite)
    }
  })
  return { progress, raw, smooth, windows, window, ...limits(runs.map(({ rows }) => rows.loss)) }
}

interface LossRows {
  readonly step: ReadonlyArray<number>
  readonly epoch?: ReadonlyArray<number>
  readonly seconds?: ReadonlyArray<number>
  readonly loss: ReadonlyArray<number>
}

const lossRows = ({ epochSeconds, metrics }: ComparedRun): LossRows => {
  const rows = (metrics?.series ?? []).flatMap(({ epoch, loss, step }, index) =>
    typeof loss === "number"
      ? [
          {
            loss,
            step: typeof step === "number" ? step : index + 1,
            epoch: typeof epoch === "number" ? epoch : undefined
          }
        ]
      : []
  )
  const base = { step: rows.map(({ step }) => step), loss: rows.map(({ loss }) => loss) }
  if (rows.some(({ epoch }) => epoch === undefined)) return base
  const epochs = rows.map(({ epoch }) => epoch as number)
  const counts = Map.groupBy(epochs, (epoch) => epoch)
  let [current, done] = [Number.NaN, 0]
  const fractions = epochs.map((epoch) => {
    done = epoch === current ? done + 1 : 1
    current = epoch
    return epoch - 1 + done / (counts.get(epoch)?.length ?? 1)
  })
  const last = epochs.at(-1) ?? 0
  if (epochSeconds === undefined || epochSeconds.length < last) return { ...base, epoch: fractions }
  const ends = [0]
  for (const seconds of epochSeconds) ends.push(ends.at(-1)! + seconds)
  const seconds = fractions.map((fraction, index) => {
    const epoch = epochs[index]!
    return ends[epoch - 1]! + (fraction - (epoch - 1)) * epochSeconds[epoch - 1]!
  })
  return { ...base, epoch: fractions, seconds }
}

/** Three levels, a quarter and four times the middle one at the sides. */
const levels = (
  length: number,
  smoothing: number | undefined
): { readonly windows: ReadonlyArray<number>; readonly window: number } => {
  const middle = smoothing ?? roundDown(length / 50)
  const windows = [...new Set([roundDown(middle / 4), middle, middle * 4])].filter(
    (window) => window > 1 && window <= length / 2
  )
  return { windows, window: Math.max(0, windows.indexOf(middle)) }
}

/** Runs of one variant by their rows: the first with the first, as far as each goes. */
const smoothed = (
  members: ReadonlyArray<LossRows>,
  windows: ReadonlyArray<number>,
  progress: ReadonlyArray<Progress>
): Omit<SmoothLoss, "variant"> => {
  const longest = members.reduce((most, rows) =>
    rows.loss.length > most.loss.length ? rows : most
  )
  const points = evenlySpaced(longest.loss.length, smoothPoints)
  const meanOf = (name: Progress) =>
    points.map((point) => {
      const values = members.flatMap((rows) => rows[name]?.[point] ?? [])
      return short(values.reduce((sum, value) => sum + value, 0) / values.length)
    })
  const columns: Record<string, ReadonlyArray<number | null>> = {}
  for (const [index, window] of (windows.length === 0 ? [1] : windows).entries()) {
    const means = members.map(({ loss }) => movingMean(loss, window))
    const over = points.map((point) =>
      means.flatMap((values) => (point < values.length ? [values[point]!] : []))
    )
    columns[`mean${index + 1}`] = over.map((values) =>
      finite(values.reduce((sum, value) => sum + value, 0) / values.length)
    )
    if (members.length > 1) {
      columns[`low${index + 1}`] = over.map((values) => finite(Math.min(...values)))
      columns[`high${index + 1}`] = over.map((values) => finite(Math.max(...values)))
    }
  }
  return {
    step: at(longest.step, points),
    ...(progress.includes("epoch") ? { epoch: meanOf("epoch") } : {}),
    ...(progress.includes("seconds") ? { seconds: meanOf("seconds") } : {}),
    ...columns
  }
}

/**
 * The linear axis shows where most of each training goes on: it ends above all but the highest hundredth of the losses of a
 * run, of those that do not end above where the others begin. The logarithmic one shows all.
 */
const limits = (losses: ReadonlyArray<ReadonlyArray<number>>): Pick<LossData, "linear" | "log"> => {
  const sorted = losses
    .map((values) => values.filter((value) => Number.isFinite(value)).toSorted((a, b) => a - b))
    .filter((values) => values.length > 0)
  const tops = sorted.map((values) => values[Math.floor((values.length - 1) * 0.99)]!)
  const usual = tops.toSorted((a, b) => a - b)[Math.floor((tops.length - 1) / 2)] ?? 1
  const high = Math.max(...tops.filter((top) => top <= 4 * usual), 0)
  const most = Math.max(0, ...sorted.map((values) => values.at(-1)!))
  const least = Math.min(0, ...sorted.map((values) => values[0]!))
  const positive = Math.min(
    ...sorted.flatMap((values) => values.find((value) => value > 0) ?? Number.POSITIVE_INFINITY)
  )
  return {
    linear: { low: short(least), high: short(high * 1.05) || 1, cut: most > high * 1.05 },
    ...(Number.isFinite(positive) && most > 0
      ? { log: { low: short(positive * 0.9), high: short(most * 1.1) } }
      : {})
  }
}

const at = <A>(values: ReadonlyArray<A>, indices: ReadonlyArray<number>): ReadonlyArray<A> =>
  indices.map((index) => values[index] as A)

/** Five digits are more than a screen shows. */
const short = (value: number): number => Number(value.toPrecision(5))
const finite = (value: number): number | null => (Number.isFinite(value) ? short(value) : null)
