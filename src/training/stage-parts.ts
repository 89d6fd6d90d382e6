/** What all training stages have in common: their epochs as parts, and what comes out of these. Only stages import this file. */
import type { JsonObject } from "../base/json.ts"
import type { Metrics, Model, Models } from "../values/values.ts"
import { batchProblem, classesProblem } from "./check-data.ts"
import { type Issue, issuesBelow } from "./issue.ts"
import { type LearningRate, ratesOfEpoch, type Run } from "./learning-rate.ts"
import { learningRateIssues } from "./learning-rate-params.ts"
import type { OptimizerSettings } from "./optimizer.ts"

/** As `stage-params.ts` decodes them. */
export interface TrainingParams {
  readonly epochs: number
  readonly batchSize: number
  readonly learningRate: LearningRate
  readonly optimizer: OptimizerSettings
  readonly clip?: number
  readonly emaDecay?: number
  readonly seed: number
}

interface Known {
  /** N images of L classes, and a model of K. */
  readonly dims: { readonly [symbol: string]: number | undefined }
  readonly connected: { readonly [port: string]: number }
}

/** The ports of a training stage beside its model. */
export const trainingInputs = {
  dataset: {
    type: "Dataset[N,H,W,C,L] in R",
    options: { description: "The images to train with." }
  },
  test: {
    type: "Dataset[M,H,W,C,L] in R",
    options: {
      description: "Other images, on which the loss is computed after each epoch.",
      optional: true
    }
  },
  losses: {
    type: "Metrics",
    options: { description: "Each epoch's losses.", many: true, fromParts: true }
  },
  evaluations: {
    type: "Metrics",
    options: {
      description: "The losses on the other images after each epoch.",
      many: true,
      optional: true,
      fromParts: true
    }
  }
} as const

export const trainingMetrics = {
  metrics: {
    type: "Metrics",
    options: {
      description:
        "A row a step, counted from 1 over the run: step, epoch, loss, learningRate, and gradientNorm where gradients are clipped. Scalars: finalLoss (the last epoch's mean over its images), epochs, steps, images; with other images finalTestLoss, bestTestLoss and bestEpoch."
    }
  },
  epochs: {
    type: "Metrics",
    options: {
      description:
        "A row an epoch: epoch, step (its last), loss (the mean over its images), learningRate (its last), and testLoss. The same scalars."
    }
  }
} as const

const runOf = ({ batchSize, epochs }: TrainingParams, { dims }: Known): Run => ({
  epochs,
  stepsPerEpoch: dims["N"] === undefined ? undefined : Math.ceil(dims["N"] / batchSize)
})

/** Problems of the parameters that all trainings share, in view of the data. */
export const trainingIssues = (params: TrainingParams, known: Known): ReadonlyArray<Issue> => {
  const { K, L, N } = known.dims
  const classes = K === undefined || L === undefined ? undefined : classesProblem(K, L)
  const batch = N === undefined ? undefined : batchProblem(params.batchSize, N)
  return [
    ...(classes === undefined ? [] : [{ path: [], ...classes }]),
    ...(batch === undefined ? [] : [{ path: ["batchSize"], ...batch }]),
    ...issuesBelow("learningRate", learningRateIssues(params.learningRate, runOf(params, known)))
  ]
}

export interface TrainingPlan {
  /** The stage type of an epoch. */
  readonly uses: string
  /** What an epoch's parameters say of the objective. */
  readonly objective: JsonObject
  /** The same for `evaluate/loss`. */
  readonly evaluate: JsonObject
  /** Further inputs of the whole that each epoch has too. */
  readonly inputs?: ReadonlyArray<string>
}

export const evaluation = "evaluate/loss"

/**
 * The epochs one after another, `epoch-1` …, each with the loss on other images after it, `evaluate-1` ….
 *
 * An epoch's parameters hold nothing but what it depends on: its rates instead of the schedule, and not how many epochs there
 * are. So a longer training begins with the parts of a shorter one, as far as the rates agree.
 */
export const trainingParts = (
  params: TrainingParams,
  known: Known,
  { evaluate, inputs = [], objective, uses }: TrainingPlan
) => {
  const { batchSize, clip, emaDecay, epochs, learningRate, optimizer, seed } = params
  const run = runOf(params, known)
  const numbers = Array.from({ length: epochs }, (_, index) => index + 1)
  const settings = {
    ...objective,
    batchSize,
    seed,
    optimizer,
    ...(clip === undefined ? {} : { clip }),
    ...(emaDecay === undefined ? {} : { emaDecay })
  }
  const trained = (epoch: number, output: string) => ({ part: `epoch-${epoch}`, output })
  const training = (epoch: number) => ({
    name: `epoch-${epoch}`,
    uses,
    params: { ...settings, epoch, learningRate: ratesOfEpoch(learningRate, epoch, run) },
    inputs: {
      ...(epoch === 1
        ? { model: { input: "model" } }
        : { model: trained(epoch - 1, "model"), state: trained(epoch - 1, "state") }),
      dataset: { input: "dataset" },
      ...Object.fromEntries(inputs.map((input) => [input, { input }]))
    }
  })
  const evaluated = known.connected["test"] !== 0
  const evaluating = (epoch: number) => ({
    name: `evaluate-${epoch}`,
    uses: evaluation,
    params: { objective: evaluate, seed },
    inputs: { model: trained(epoch, "averaged"), dataset: { input: "test" } }
  })
  const each = (output: string, part = "epoch") =>
    numbers.map((epoch) => ({
      label: `epoch ${epoch}`,
      from: { part: `${part}-${epoch}`, output }
    }))
  return {
    parts: numbers.flatMap((epoch) =>
      evaluated ? [training(epoch), evaluating(epoch)] : [training(epoch)]
    ),
    inputs: {
      models: each("averaged"),
      losses: each("losses"),
      ...(!evaluated ? {} : { evaluations: each("metrics", "evaluate") })
    }
  }
}

interface Labelled<V> {
  readonly label: string
  readonly value: V
}

/** The parts' results, in the order of the epochs. */
export interface EpochResults {
  readonly models: ReadonlyArray<Labelled<Model>>
  readonly losses: ReadonlyArray<Labelled<Metrics>>
  readonly evaluations: ReadonlyArray<Labelled<Metrics>> | undefined
}

/** What a training stage gives out. */
export const trainingResult = ({ evaluations = [], losses, models }: EpochResults) => {
  const rows = losses.map(({ value: { scalars, series } }, index) => {
    const last = series.at(-1)!
    const tested = evaluations[index]?.value.scalars
    return {
      epoch: last["epoch"]!,
      step: last["step"]!,
      loss: scalars["loss"]!,
      learningRate: last["learningRate"]!,
      ...(tested === undefined ? {} : { testLoss: tested["loss"]! }),
      ...(tested?.["accuracy"] === undefined ? {} : { testAccuracy: tested["accuracy"] })
    }
  })
  const sum = (name: string) =>
    losses.reduce((total, { value: { scalars } }) => total + scalars[name]!, 0)
  const final = rows.at(-1)!
  const scalars = {
    finalLoss: final.loss,
    ...bestOf(rows),
    ...(final.testAccuracy === undefined ? {} : { finalTestAccuracy: final.testAccuracy }),
    epochs: rows.length,
    steps: sum("steps"),
    images: sum("images")
  }
  return {
    model: models.at(-1)!.value,
    checkpoints: {
      type: "Models",
      models: models.map(({ label, value }) => ({ label, model: value }))
    } satisfies Models,
    metrics: {
      type: "Metrics",
      scalars,
      series: losses.flatMap(({ value: { series } }) => series)
    } satisfies Metrics,
    epochs: { type: "Metrics", scalars, series: rows } satisfies Metrics
  }
}

/** The smallest loss on other images, and the first epoch that has it. */
const bestOf = (rows: ReadonlyArray<{ readonly epoch: unknown; readonly testLoss?: number }>) => {
  const losses = rows.flatMap(({ testLoss }) => (testLoss === undefined ? [] : [testLoss]))
  if (losses.length === 0) return {}
  const best = Math.min(...losses)
  const { epoch } = rows.find(({ testLoss }) => testLoss === best)!
  return { finalTestLoss: losses.at(-1)!, bestTestLoss: best, bestEpoch: Number(epoch) }
}
