/** What the stages of single epochs have in common. Only stages import this file. */
import type { Dataset, Model, TrainingState } from "../values/values.ts"
import type { Objective } from "./objectives/objective.ts"
import { type EpochResult, type EpochSettings, trainEpoch } from "./train-epoch.ts"

export const epochInputs = {
  state: {
    type: "TrainingState",
    options: { description: "What the epoch before left; none for the first.", optional: true }
  },
  dataset: {
    type: "Dataset[N,H,W,C,L] in R",
    options: { description: "The images to train with." }
  }
} as const

export const epochOutputs = {
  state: {
    type: "TrainingState",
    options: { description: "What the next epoch needs beside the model." }
  },
  losses: {
    type: "Metrics",
    options: { description: "A row a step; as scalars the mean loss, and the steps and images." }
  }
} as const

interface Context {
  readonly params: EpochSettings
  readonly inputs: {
    readonly model: Model
    readonly state: TrainingState | undefined
    readonly dataset: Dataset
  }
  readonly progress: (done: number, total: number, unit?: string) => void
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

/** Trains one epoch, and says in the log what came of it. */
export const runEpoch = async (
  objective: Objective,
  { inputs: { dataset, model, state }, log, params, progress, signal }: Context
): Promise<EpochResult> => {
  const context = { progress, signal }
  const result = await trainEpoch({ objective, model, state, dataset, settings: params, context })
  const { loss, steps } = result.losses.scalars
  log(`epoch ${params.epoch}: mean loss ${loss} in ${steps} steps`)
  return result
}
