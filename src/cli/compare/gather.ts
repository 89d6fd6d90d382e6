/** Reads what is known of the instances to compare, and puts it together by matrix point. */
import type { ActionOutput } from "../../store/action.ts"
import type { Measured } from "../../figures/comparison/runs.ts"
import type { StageInstance } from "../../language/pipeline.ts"
import type { Decision } from "../../plan/plan.ts"
import { readValue } from "../../run/read-value.ts"
import type { Store } from "../../store/store.ts"
import type { AtPoint } from "../../values/aggregate.ts"
import type { Images, Metrics, Value } from "../../values/values.ts"
import { hasSamples, samplesPort } from "./stages.ts"

export interface Gathered {
  readonly measured: Measured
  /** Ids of instances without a result yet. */
  readonly unknown: ReadonlyArray<string>
}

/**
 * @param pictures whether anyone will look at samples; they are large
 * @throws UserError when a value in the store is damaged
 */
export const gather = (
  instances: ReadonlyArray<StageInstance>,
  decisions: ReadonlyArray<Decision>,
  store: Store,
  pictures: boolean
): Gathered => {
  const known = new Map(
    decisions.flatMap((decision) =>
      decision.state === "known" ? [[decision.instance.id, decision] as const] : []
    )
  )
  const metrics: Array<AtPoint<Metrics>> = []
  const epochs: Array<AtPoint<Metrics>> = []
  const images: Array<AtPoint<Images>> = []
  const epochSeconds: Array<AtPoint<ReadonlyArray<number>>> = []
  const scores: Array<{ readonly stage: string } & AtPoint<Metrics>> = []
  const unknown: Array<string> = []
  for (const instance of instances) {
    const { id, outputs: types, stage } = instance
    const outputs = known.get(id)?.outputs
    if (outputs === undefined) {
      unknown.push(id)
      continue
    }
    const label = labelOf(instance)
    const { curves, others } = sorted(metricsIn(outputs, store))
    const [steps, byEpoch] = curves
    if (steps !== undefined) {
      metrics.push({ label, value: steps })
      const seconds = secondsOf(instance, decisions, store)
      if (seconds !== undefined) epochSeconds.push({ label, value: seconds })
    }
    if (byEpoch !== undefined) epochs.push({ label, value: byEpoch })
    for (const value of others) scores.push({ stage, label, value })
    const samples = pictures && hasSamples(instance) ? outputs[samplesPort(types) ?? ""] : undefined
    if (samples !== undefined)
      images.push({ label, value: readValue(store, samples.digest) as Images })
  }
  return {
    measured: { metrics, epochs, images, epochSeconds, scores: withDistinctNames(scores) },
    unknown
  }
}

/** As `collect` writes it. */
const labelOf = ({ point, stage }: StageInstance): string =>
  Object.keys(point).length === 0
    ? stage
    : Object.entries(point)
        .map(([axis, value]) => `${axis}=${value}`)
        .join(",")

const metricsIn = (
  outputs: { readonly [port: string]: ActionOutput },
  store: Store
): ReadonlyArray<Metrics> =>
  Object.values(outputs).flatMap(({ digest, type }) => {
    const value: Value | undefined = type === "Metrics" ? readValue(store, digest) : undefined
    return value?.type === "Metrics" ? [value] : []
  })

/** What a training measured has losses by row, first those of every step, then those of every epoch. */
const sorted = (all: ReadonlyArray<Metrics>) => {
  const isCurve = ({ series: [row] }: Metrics) =>
    typeof row?.["loss"] === "number" && typeof row["step"] === "number"
  return {
    curves: all.filter(isCurve).toSorted((a, b) => b.series.length - a.series.length),
    others: all.filter((metrics) => !isCurve(metrics))
  }
}

/** Of each epoch's own action, wherever it ran; undefined unless all are known. */
const secondsOf = (
  { point, stage }: StageInstance,
  decisions: ReadonlyArray<Decision>,
  store: Store
): ReadonlyArray<number> | undefined => {
  const own = decisions.filter(
    ({ instance }) =>
      instance.stage === stage &&
      /^epoch-\d+$/.test(instance.part ?? "") &&
      Object.entries(point).every(([axis, value]) => instance.point[axis] === value)
  )
  const seconds = own.flatMap((decision) =>
    decision.state === "known" ? (store.actions.get(decision.key)?.seconds ?? []) : []
  )
  return own.length > 0 && seconds.length === own.length ? seconds : undefined
}

/** A metric that two stages measured is said of which. */
const withDistinctNames = (
  scores: ReadonlyArray<{ readonly stage: string } & AtPoint<Metrics>>
): ReadonlyArray<AtPoint<Metrics>> => {
  const stages = new Map<string, Set<string>>()
  for (const { stage, value } of scores) {
    for (const name of Object.keys(value.scalars)) {
      stages.set(name, (stages.get(name) ?? new Set()).add(stage))
    }
  }
  return scores.map(({ label, stage, value }) => ({
    label,
    value: {
      ...value,
      scalars: Object.fromEntries(
        Object.entries(value.scalars).map(([name, number]) => [
          (stages.get(name)?.size ?? 0) > 1 ? `${stage}.${name}` : name,
          number
        ])
      )
    }
  }))
}
