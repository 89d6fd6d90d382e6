/** Between a training in tensors and the value that it goes on from. */
import type { Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import { type ParameterSpec, type State, trainedNames } from "../models/parameters.ts"
import type { TrainingState } from "../values/values.ts"
import { flatSize } from "./flat.ts"
import { optimizerOf } from "./optimizer.ts"
import { type StepOptions, type Training } from "./training-step.ts"

const averageName = "average"

/**
 * The training that a state was taken from: its moments and averages are flat, in the order of the trained parameters.
 *
 * @param state the network's tensors, taken over
 * @returns tensors that belong to the caller
 * @throws RangeError when the state has not what the options need
 */
export const resumeTraining = (
  parameters: ReadonlyArray<ParameterSpec>,
  state: State,
  { step, tensors }: TrainingState,
  { emaDecay, optimizer = { kind: "adam" } }: StepOptions
): Training => {
  const size = flatSize(
    Object.fromEntries(trainedNames(parameters).map((name) => [name, state[name]!]))
  )
  const vector = (name: string): Tensor1D => {
    const data = tensors[name]?.data
    if (data instanceof Float32Array && data.length === size) return tf.tensor1d(data)
    throw new RangeError(`the training state has no ${name} of ${size} numbers`)
  }
  return {
    state,
    step: tf.scalar(step),
    moments: Object.fromEntries(optimizerOf(optimizer).moments.map((name) => [name, vector(name)])),
    ...(emaDecay === undefined ? {} : { average: vector(averageName) })
  }
}

/** What a training goes on from, beside the model. Reads the tensors, which stay the caller's. */
export const trainingStateOf = (
  { average, moments }: Training,
  done: { readonly epoch: number; readonly step: number }
): TrainingState => {
  const vectors = { ...moments, ...(average === undefined ? {} : { [averageName]: average }) }
  return {
    type: "TrainingState",
    ...done,
    tensors: Object.fromEntries(
      Object.entries(vectors).map(([name, tensor]) => [
        name,
        { shape: [tensor.size], data: tensor.dataSync<"float32">() }
      ])
    )
  }
}
