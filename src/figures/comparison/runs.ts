/** The runs that are compared: what was measured at each point of a matrix, put together from several stages. */
import { UserError } from "../../base/user-error.ts"
import { type AtPoint, pointOf } from "../../values/aggregate.ts"
import type { Images, Metrics } from "../../values/values.ts"

/** One point of the matrix, such as one schedule with one seed. */
export interface ComparedRun {
  /** A row a step with `step`, `epoch`, `loss`, `learningRate`. */
  readonly metrics?: Metrics
  /** A row an epoch with `epoch`, `loss`, `testLoss`. */
  readonly epochs?: Metrics
  /** All numbers that were measured once, of every metric above and of evaluations. */
  readonly scalars: { readonly [metric: string]: number }
  /** Samples from the same noise at every point. */
  readonly images?: Images
  /** How long each epoch took. */
  readonly epochSeconds?: ReadonlyArray<number>
}

/** By what they are; labels are matrix points, or names of references. */
export interface Measured {
  readonly metrics?: ReadonlyArray<AtPoint<Metrics>> | undefined
  readonly epochs?: ReadonlyArray<AtPoint<Metrics>> | undefined
  /** Several of one label are put together. */
  readonly scores?: ReadonlyArray<AtPoint<Metrics>> | undefined
  readonly images?: ReadonlyArray<AtPoint<Images>> | undefined
  readonly epochSeconds?: ReadonlyArray<AtPoint<ReadonlyArray<number>>> | undefined
}

/**
 * A run for each point of whichever measurement depends on most axes; what depends on fewer belongs to several runs.
 *
 * @throws UserError when a measurement belongs to no run, two of one kind belong to the same, or two scores of one run
 *   have a name in common
 */
export const joinRuns = (measured: Measured): ReadonlyArray<AtPoint<ComparedRun>> => {
  const named = withSharedNames(measured)
  const labels = finestLabels(Object.values(named))
  for (const [kind, values] of Object.entries(named)) {
    for (const { label } of values) {
      if (!labels.some((run) => belongsTo(label, run))) {
        throw new UserError(`the ${kind} of ${label} belong to none of the runs compared`, {
          hint: `runs are ${labels.slice(0, 4).join(", ")}${labels.length > 4 ? ", …" : ""}; collect over the same axes for every input`
        })
      }
    }
  }
  return labels.map((label) => {
    const metrics = only(named.metrics, label, "metrics")
    const epochs = only(named.epochs, label, "epochs")
    const images = only(named.images, label, "images")
    const epochSeconds = only(named.epochSeconds, label, "times")
    const scores = (named.scores ?? []).filter((score) => belongsTo(score.label, label))
    return {
      label,
      value: {
        ...(metrics === undefined ? {} : { metrics }),
        ...(epochs === undefined ? {} : { epochs }),
        ...(images === undefined ? {} : { images }),
        ...(epochSeconds === undefined ? {} : { epochSeconds }),
        scalars: {
          ...epochs?.scalars,
          ...metrics?.scalars,
          ...mergedScores(
            scores.map(({ value }) => value),
            label
          )
        }
      }
    }
  })
}

type Values = ReadonlyArray<AtPoint<unknown>>

/** `fixed.metrics` and `fixed.epochs` in lists of references are both of `fixed`. */
const withSharedNames = (measured: Measured): Measured =>
  Object.fromEntries(
    Object.entries(measured).flatMap(([kind, values = []]: [string, Values?]) =>
      values.length === 0
        ? []
        : [
            [
              kind,
              values.map(({ label, value }) => ({
                label: pointOf(label).size > 0 ? label : label.replace(/\.\w+$/, ""),
                value
              }))
            ]
          ]
    )
  )

const finestLabels = (
  kinds: ReadonlyArray<ReadonlyArray<{ readonly label: string }>>
): ReadonlyArray<string> => {
  const axes = (labels: ReadonlyArray<{ readonly label: string }>) =>
    Math.max(0, ...labels.map(({ label }) => pointOf(label).size))
  const [finest = []] = kinds.toSorted((a, b) => axes(b) - axes(a))
  return [...new Set(finest.map(({ label }) => label))]
}

const belongsTo = (label: string, run: string): boolean => {
  if (label === run) return true
  const [part, whole] = [pointOf(label), pointOf(run)]
  return part.size > 0 && [...part].every(([axis, value]) => whole.get(axis) === value)
}

const only = <V>(
  values: ReadonlyArray<AtPoint<V>> | undefined,
  run: string,
  kind: string
): V | undefined => {
  const [first, second] = (values ?? []).filter(({ label }) => belongsTo(label, run))
  if (second !== undefined) {
    throw new UserError(`two inputs are the ${kind} of ${run}`, {
      hint: "give the inputs different labels"
    })
  }
  return first?.value
}

const mergedScores = (scores: ReadonlyArray<Metrics>, run: string): Metrics["scalars"] => {
  const merged: Record<string, number> = {}
  for (const { scalars } of scores) {
    for (const [name, value] of Object.entries(scalars)) {
      if (merged[name] !== undefined && !Object.is(merged[name], value)) {
        throw new UserError(`two scores of ${run} are called ${name}`, {
          hint: "compare them in reports of their own"
        })
      }
      merged[name] = value
    }
  }
  return merged
}
