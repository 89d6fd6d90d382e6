/** Warnings that go with a comparison: axes without any effect, variants that are one and the same, trainings that failed. */
import { sha256 } from "../../base/digest.ts"
import { type AtPoint, axesWithoutEffect, metricsIdentity } from "../../values/aggregate.ts"
import { countText, groupedInteger, listText, numberText } from "../number-text.ts"
import type { Variant } from "./comparison.ts"
import type { ComparedRun } from "./runs.ts"

export const notesOn = (
  runs: ReadonlyArray<AtPoint<ComparedRun>>,
  variants: ReadonlyArray<Variant>,
  over: string | undefined
): ReadonlyArray<string> => {
  const identities = new Map(runs.map(({ value }) => [value, identityOf(value)]))
  const idle = axesWithoutEffect(runs, (run) => identities.get(run) ?? "")
  return [
    ...idle.map(
      (axis) =>
        `The axis ${axis} changed no bit of any result: it may not reach what was measured.${
          axis === over ? ` The deviations over ${axis} therefore say nothing.` : ""
        }`
    ),
    ...(idle.length > 0 ? [] : equalVariants(variants, identities)),
    ...divergences(variants),
    ...unevenVariants(variants)
  ]
}

/** Equal for runs with the same bits everywhere. Times are no part of it. */
const identityOf = ({ epochs, images, metrics, scalars }: ComparedRun): string =>
  sha256(
    Buffer.from(
      JSON.stringify([
        ...[metrics, epochs].map((part) => (part === undefined ? "" : metricsIdentity(part))),
        metricsIdentity({ type: "Metrics", scalars, series: [] }),
        images === undefined
          ? ""
          : sha256(
              new Uint8Array(images.data.buffer, images.data.byteOffset, images.data.byteLength)
            )
      ])
    )
  )

const equalVariants = (
  variants: ReadonlyArray<Variant>,
  identities: ReadonlyMap<ComparedRun, string>
): ReadonlyArray<string> => {
  const same = Map.groupBy(variants, ({ runs }) =>
    runs.map(({ value }) => identities.get(value)).join()
  )
  return [...same.values()]
    .filter((group) => group.length > 1)
    .map((group) => `${listText(group.map(({ name }) => name))} came out equal, bit for bit.`)
}

const divergences = (variants: ReadonlyArray<Variant>): ReadonlyArray<string> =>
  variants.flatMap(({ name, runs }) => {
    const failed = runs.flatMap(({ label, value }) => {
      const what = divergenceOf(value)
      return what === undefined ? [] : [{ label, what }]
    })
    const [first] = failed
    if (first === undefined) return []
    if (runs.length === 1) return [`${name} diverged: ${first.what}.`]
    return [
      `${name} diverged in ${failed.length} of ${countText(runs.length, "run")} (${failed
        .map(({ label, what }) => `${label}: ${what}`)
        .join("; ")}).`
    ]
  })

/** Fewer rows have no beginning and end to compare. */
const shortest = 20

/** What went wrong with a training's loss, as the end of a sentence; absent when it fell and stayed down. */
export const divergenceOf = ({ metrics }: ComparedRun): string | undefined => {
  const rows = (metrics?.series ?? []).flatMap(({ loss, step }, index) =>
    typeof loss === "number" ? [{ loss, step: typeof step === "number" ? step : index + 1 }] : []
  )
  const lost = rows.find(({ loss }) => !Number.isFinite(loss))
  if (lost !== undefined)
    return `the loss is ${numberText(lost.loss)} at step ${groupedInteger(lost.step)}`
  if (rows.length < shortest) return undefined
  const size = Math.max(1, Math.floor(rows.length / 20))
  const windows = Array.from({ length: Math.floor(rows.length / size) }, (_, index) => {
    const from = index * size
    const part = rows.slice(from, from + size)
    return { step: part.at(-1)!.step, loss: part.reduce((sum, row) => sum + row.loss, 0) / size }
  })
  const [start, end] = [windows[0]!, windows.at(-1)!]
  const lowest = windows.reduce((least, window) => (window.loss < least.loss ? window : least))
  if (end.loss > start.loss)
    return `the loss ends at ${numberText(end.loss, 3)}, above its beginning, ${numberText(start.loss, 3)}`
  if (end.loss > 3 * lowest.loss)
    return `the loss ends at ${numberText(end.loss, 3)}, after ${numberText(lowest.loss, 3)} by step ${groupedInteger(lowest.step)}`
  return undefined
}

const unevenVariants = (variants: ReadonlyArray<Variant>): ReadonlyArray<string> => {
  const counts = new Set(variants.map(({ runs }) => runs.length))
  if (counts.size < 2) return []
  const most = Math.max(...counts)
  const fewer = variants.filter(({ runs }) => runs.length < most)
  return [
    `Not every variant has ${countText(most, "run")}: ${listText(
      fewer.map(({ name, runs }) => `${name} has ${runs.length}`)
    )}.`
  ]
}
