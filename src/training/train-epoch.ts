/** An epoch of training: a model and what a training goes on from, and the same one epoch later. */
import { setImmediate } from "node:timers/promises"
import type { Scalar, Tensor1D } from "@tensorflow/tfjs"
import { UserError } from "../base/user-error.ts"
import { canonicalJson } from "../base/json.ts"
import { compile } from "../engine/compile.ts"
import type { LoopContext } from "../engine/tensors.ts"
import { tf } from "../engine/tf.ts"
import { modelOf, stateOf } from "../models/model-value.ts"
import { batchesTracked } from "../models/state-dict.ts"
import type { Dataset, Metrics, Model, TrainingState } from "../values/values.ts"
import { batchOf, inBatches } from "./batches.ts"
import { batchProblem, checkData, throwIf } from "./check-data.ts"
import { checkLoss, checkTrained, type Moment } from "./divergence.ts"
import { epochOrder } from "./epoch-order.ts"
import type { EpochRates } from "./learning-rate.ts"
import { tensorsOfInputs } from "./input-tensors.ts"
import type { Inputs, InputTensors, Objective } from "./objectives/objective.ts"
import { remembered } from "./remembered.ts"
import { resumeTraining, trainingStateOf } from "./training-state.ts"
import {
  averagedState,
  startTraining,
  type StepOptions,
  type Training,
  trainingStep
} from "./training-step.ts"

export interface EpochSettings extends StepOptions {
  /** From 1. */
  readonly epoch: number
  readonly batchSize: number
  /** Of the order of the images and of all random numbers. */
  readonly seed: number
  readonly learningRate: EpochRates
}

export interface EpochRequest {
  readonly objective: Objective
  readonly model: Model
  /** What the epoch before left; absent for the first. */
  readonly state: TrainingState | undefined
  readonly dataset: Dataset
  readonly settings: EpochSettings
  readonly context: LoopContext
}

export interface EpochResult {
  /** What the next epoch goes on with. */
  readonly model: Model
  /** The averaged model; the same as `model` when nothing is averaged. */
  readonly averaged: Model
  readonly state: TrainingState
  /** A row a step; as scalars the mean loss over the images, and how many steps and images there were. */
  readonly losses: Metrics
}

/**
 * One pass over the data, in an order of the epoch's own; the last batch has what is left over.
 *
 * Nothing outlives it but its result and the recorded step, which the next epoch of the same configuration uses again.
 *
 * @throws UserError when the data do not fit, or when the loss or a weight is no longer finite
 * @throws the signal's reason when the user stops it
 */
export const trainEpoch = async (request: EpochRequest): Promise<EpochResult> => {
  const { context, dataset, model, objective, settings } = request
  const { batchSize, epoch, seed } = settings
  const [count] = dataset.shape
  checkData(model, dataset)
  throwIf(batchProblem(batchSize, count))
  const batches = inBatches(epochOrder(count, seed, epoch), batchSize)
  const rates = ratesFor(settings.learningRate, batches.length)
  const before = request.state?.step ?? 0
  const step = recordedStep(objective, settings)
  const rows: Array<Metrics["series"][number]> = []
  let [total, previous] = [0, undefined as number | undefined]
  let training = startOf(request)
  try {
    for (const [index, places] of batches.entries()) {
      context.signal.throwIfAborted()
      const batch = batchOf(dataset, places, { seed, prefix: `epoch ${epoch}` })
      const result = stepOn(
        step,
        training,
        objective.inputs(batch, { training: true }),
        rates[index]!
      )
      tf.dispose(training)
      training = result.training
      const [loss, gradientNorm] = result.report
      const moment: Moment = {
        epoch,
        step: before + index + 1,
        learningRate: rates[index]!,
        loss: loss!,
        before: previous
      }
      checkLoss(moment)
      previous = loss!
      total += loss! * places.length
      rows.push({
        step: moment.step,
        epoch,
        loss: loss!,
        learningRate: moment.learningRate,
        ...(gradientNorm === undefined ? {} : { gradientNorm })
      })
      context.progress(index + 1, batches.length, "steps")
      // So that the process can hear that it should stop.
      await setImmediate()
    }
    return {
      ...resultOf(request, training, batches.length, {
        epoch,
        step: before + batches.length,
        learningRate: rates.at(-1)!,
        loss: previous!,
        before: undefined
      }),
      losses: {
        type: "Metrics",
        scalars: { loss: total / count, steps: batches.length, images: count },
        series: rows
      }
    }
  } finally {
    tf.dispose(training)
  }
}

const startOf = ({ model, objective, settings, state }: EpochRequest): Training => {
  const { parameters } = objective.network
  if (state === undefined) return startTraining(parameters, stateOf(model), settings)
  if (state.epoch !== settings.epoch - 1) {
    throw new RangeError(`epoch ${settings.epoch} cannot go on from epoch ${state.epoch}`)
  }
  return resumeTraining(parameters, stateOf(model), state, settings)
}

const resultOf = (
  { model, objective, settings }: EpochRequest,
  training: Training,
  steps: number,
  last: Moment
): Omit<EpochResult, "losses"> => {
  const tracked = batchesTracked(model.weights) + steps
  const trained = modelOf(model, training.state, tracked, objective.facts)
  checkTrained(trained, last)
  const state = trainingStateOf(training, { epoch: settings.epoch, step: last.step })
  if (training.average === undefined) return { model: trained, averaged: trained, state }
  const average = averagedState(objective.network.parameters, training)
  const averaged = modelOf(model, average, tracked, objective.facts)
  tf.dispose(average)
  return { model: trained, averaged, state }
}

/** @throws UserError when there are not as many rates as steps: the data are others than those that were planned with */
const ratesFor = (rates: EpochRates, steps: number): ReadonlyArray<number> => {
  if (typeof rates === "number") return Array.from({ length: steps }, () => rates)
  if (rates.length === steps) return rates
  throw new UserError(`the epoch has ${steps} steps, and ${rates.length} learning rates`, {
    hint: "step the rate once an epoch, or give the data set a fixed number of images"
  })
}

type Step = (
  training: Training,
  inputs: InputTensors,
  learningRate: Scalar
) => { readonly report: Tensor1D; readonly training: Training }

const steps = remembered<Step>()

const recordedStep = (
  { loss, name, network: { architecture, parameters } }: Objective,
  { clip, emaDecay, optimizer }: StepOptions
): Step => {
  const options = {
    ...(optimizer === undefined ? {} : { optimizer }),
    ...(clip === undefined ? {} : { clip }),
    ...(emaDecay === undefined ? {} : { emaDecay })
  }
  return steps(canonicalJson({ name, architecture, options }), () =>
    compile((training, inputs, learningRate) =>
      tf.tidy(() => {
        const result = trainingStep(
          parameters,
          training,
          (state) => loss(state, inputs, { training: true }),
          learningRate,
          options
        )
        // All numbers of a step in one tensor: on a GPU each reading waits for it.
        const numbers = [result.loss, ...(result.gradientNorm ? [result.gradientNorm] : [])]
        return { report: tf.stack(numbers) as Tensor1D, training: result.training }
      })
    )
  )
}

/** A step on values. The old training stays the caller's; so does the new one. */
const stepOn = (
  step: Step,
  training: Training,
  inputs: Inputs,
  learningRate: number
): { readonly report: Float32Array; readonly training: Training } => {
  const tensors = tensorsOfInputs(inputs)
  const rate = tf.scalar(learningRate)
  try {
    const { report, training: after } = step(training, tensors, rate)
    const numbers = report.dataSync<"float32">()
    report.dispose()
    return { report: numbers, training: after }
  } finally {
    tf.dispose([rate, tensors])
  }
}
