/** The learning rates of trainings, as the parameters of their epochs have them. */
import type { Json } from "../../base/json.ts"
import type { StageInstance } from "../../language/pipeline.ts"
import { ownerOf } from "../../plan/instance-name.ts"

export interface EpochRates {
  readonly epoch: number
  /** One where it stays the same, else that of every step. */
  readonly rate: number | ReadonlyArray<number>
}

export interface Schedule {
  /** Of the training: `train[schedule=decay,seed=180]`. */
  readonly id: string
  readonly stage: string
  readonly point: { readonly [axis: string]: string }
  readonly epochs: ReadonlyArray<EpochRates>
}

export const schedulesOf = (instances: ReadonlyArray<StageInstance>): ReadonlyArray<Schedule> => {
  const trainings = new Map<string, Array<EpochRates>>()
  for (const { id, params, part } of instances) {
    const { epoch, learningRate } = params
    if (part === undefined || typeof epoch !== "number" || !isRate(learningRate)) continue
    const known = trainings.get(ownerOf(id))
    if (known === undefined) trainings.set(ownerOf(id), [{ epoch, rate: learningRate }])
    else known.push({ epoch, rate: learningRate })
  }
  return instances.flatMap(({ id, part, point, stage }) => {
    const epochs = part === undefined ? trainings.get(id) : undefined
    return epochs === undefined
      ? []
      : [{ id, stage, point, epochs: epochs.toSorted((a, b) => a.epoch - b.epoch) }]
  })
}

const isRate = (value: Json | undefined): value is number | ReadonlyArray<number> =>
  typeof value === "number" ||
  (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "number"))

export interface RateColumn {
  /** By the axes that the rates depend on; empty when they depend on none. */
  readonly name: string
  readonly epochs: ReadonlyArray<EpochRates>
}

/** One column for all trainings whose rates are the same for a reason: an axis such as the seed that they do not depend on. */
export const columnsOf = (schedules: ReadonlyArray<Schedule>): ReadonlyArray<RateColumn> => {
  const texts = new Map(schedules.map((one) => [one, JSON.stringify(one.epochs)]))
  const nameOn = (axes: ReadonlyArray<string>, { point }: Schedule) =>
    axes.map((axis) => point[axis] ?? "").join(" · ")
  const decide = (axes: ReadonlyArray<string>) =>
    [
      ...Map.groupBy(schedules, (one) =>
        JSON.stringify(axes.map((axis) => one.point[axis]))
      ).values()
    ].every((group) => new Set(group.map((one) => texts.get(one))).size === 1)
  let axes: ReadonlyArray<string> = Object.keys(schedules[0]?.point ?? {})
  for (const axis of axes.toReversed()) {
    const without = axes.filter((other) => other !== axis)
    if (decide(without)) axes = without
  }
  const columns = new Map<string, RateColumn>()
  for (const one of schedules) {
    const name = nameOn(axes, one)
    if (!columns.has(name)) columns.set(name, { name, epochs: one.epochs })
  }
  return [...columns.values()]
}
