/** Trainings that never happened: losses, evaluations and samples of eight schedules and three seeds, as a stage gathers them. */
import { normal } from "../../src/engine/random/streams.ts"
import type { AtPoint } from "../../src/values/aggregate.ts"
import { glyphOf } from "../../src/values/pixel-font.ts"
import type { Images, Metrics } from "../../src/values/values.ts"

export interface Synthetic {
  readonly schedules?: ReadonlyArray<string>
  readonly seeds?: ReadonlyArray<number>
  readonly epochs?: number
  readonly stepsPerEpoch?: number
}

const rates: {
  readonly [schedule: string]: (fraction: number, epoch: number, epochs: number) => number
} = {
  decay: (_, epoch, epochs) => 1e-2 * 0.1 ** ((epoch - 1) / epochs),
  "fixed-1e-2": () => 1e-2,
  "fixed-5e-3": () => 5e-3,
  "fixed-2e-3": () => 2e-3,
  "fixed-1e-3": () => 1e-3,
  "fixed-1e-4": () => 1e-4,
  cosine: (fraction) => 5e-3 * (1 + Math.cos(Math.PI * fraction)) + 1e-6,
  warmup: (fraction) => Math.min(1, fraction * 20) * 2e-3 + 1e-6
}

export const schedules = Object.keys(rates)

/** What a network would come to: slow rates are late, large ones do not settle. */
const lossAt = (progress: number, rate: number): number =>
  0.074 + 1.6 * rate + 1 / (1 + progress) ** 0.9

export const synthetic = ({
  epochs = 5,
  schedules: names = schedules,
  seeds = [180, 181, 182],
  stepsPerEpoch = 200
}: Synthetic = {}) => {
  const points = names.flatMap((schedule) =>
    seeds.map((seed) => ({ schedule, seed, label: `schedule=${schedule},seed=${seed}` }))
  )
  const measured = points.map(({ schedule, seed, label }) => {
    const steps = epochs * stepsPerEpoch
    const noise = normal(seed, `loss ${schedule}`, steps + 10 * epochs + 10)
    let progress = 0
    const reached: Array<number> = []
    const series = Array.from({ length: steps }, (_, index) => {
      const epoch = Math.floor(index / stepsPerEpoch) + 1
      const rate = (rates[schedule] ?? (() => 1e-3))(index / steps, epoch, epochs)
      progress += Math.sqrt(rate) * 0.45
      const clean = lossAt(progress, rate)
      reached.push(clean)
      return {
        step: index + 1,
        epoch,
        loss: clean * Math.exp(0.07 * noise[index]!) + 0.002 * noise[index]!,
        learningRate: rate
      }
    })
    const rows = Array.from({ length: epochs }, (_, index) => {
      const own = series.slice(index * stepsPerEpoch, (index + 1) * stepsPerEpoch)
      const loss = own.reduce((sum, row) => sum + row.loss, 0) / own.length
      const last = own.at(-1)!
      return {
        epoch: index + 1,
        step: last.step,
        loss,
        learningRate: last.learningRate,
        testLoss: reached[last.step - 1]! * (1 + 0.006 * noise[steps + index]!) + 0.001
      }
    })
    const tests = rows.map(({ testLoss }) => testLoss)
    const best = Math.min(...tests)
    const scalars = {
      finalLoss: rows.at(-1)!.loss,
      finalTestLoss: tests.at(-1)!,
      bestTestLoss: best,
      bestEpoch: tests.indexOf(best) + 1,
      epochs,
      steps,
      images: steps * 64
    }
    const quality = Math.min(1, Math.max(0, (rows.at(-1)!.testLoss - 0.078) * 18))
    return {
      label,
      metrics: { type: "Metrics", scalars, series } satisfies Metrics,
      epochs: { type: "Metrics", scalars, series: rows } satisfies Metrics,
      scores: {
        type: "Metrics",
        scalars: {
          agreement: 0.985 - 0.3 * quality + 0.004 * noise[steps + 20]!,
          frechetDistance: 2.1 + 18 * quality + 0.25 * Math.abs(noise[steps + 21]!),
          nearestDistance: 4.1 + quality + 0.05 * noise[steps + 22]!
        },
        series: []
      } satisfies Metrics,
      images: digits(seed, schedule, quality),
      epochSeconds: Array.from(
        { length: epochs },
        (_, epoch) => 8 + 0.4 * Math.abs(noise[steps + 30 + epoch] ?? 0)
      )
    }
  })
  const part = <K extends "metrics" | "epochs" | "scores" | "images" | "epochSeconds">(
    kind: K
  ): ReadonlyArray<AtPoint<(typeof measured)[number][K]>> =>
    measured.map((run) => ({ label: run.label, value: run[kind] }))
  return {
    metrics: part("metrics"),
    epochs: part("epochs"),
    scores: part("scores"),
    images: part("images"),
    epochSeconds: part("epochSeconds")
  }
}

const side = 28

/** Forty digits, four of each, under noise that does not depend on the schedule. */
const digits = (seed: number, schedule: string, quality: number): Images => {
  const labels = Array.from({ length: 40 }, (_, index) => String(index % 10))
  const data = new Float32Array(labels.length * side * side)
  for (const [index, label] of labels.entries()) {
    const noise = normal(7, "sample noise", side * side, index)
    const own = normal(seed, `own ${schedule}`, 2, index)
    const [left, top] = [7 + Math.round(own[0]!), 4 + Math.round(own[1]!)]
    const at = index * side * side
    for (let pixel = 0; pixel < side * side; pixel += 1) {
      data[at + pixel] = Math.max(0, quality * 0.45 * noise[pixel]!)
    }
    for (const [row, dots] of glyphOf(label).entries()) {
      for (const [column, dot] of Array.from(dots).entries()) {
        if (dot !== "#") continue
        for (let y = 0; y < 3; y += 1) {
          for (let x = 0; x < 3; x += 1) {
            const pixel = (top + row * 3 + y) * side + left + column * 3 + x
            if (pixel >= 0 && pixel < side * side) data[at + pixel]! += 0.95 - 0.5 * quality
          }
        }
      }
    }
  }
  return { type: "Images", shape: [labels.length, side, side, 1], range: "[0,1]", data, labels }
}
