/** One step of training: loss, gradients, Adam; all by new values. */
import type { Scalar, Tensor } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import { type ParameterSpec, type State, trainedNames } from "../models/parameters.ts"
import { withSideResults } from "../models/side-results.ts"
import { type AdamOptions, adamUpdate, type Moments, zeroMoments } from "./adam.ts"

/** The loss of a state, and the running statistics that come out of it. */
export type Loss = (state: State) => { readonly loss: Scalar; readonly statistics: State }

export interface LossAndGradients {
  readonly loss: Scalar
  /** Of the trained parameters, by name, in their order. */
  readonly gradients: State
  readonly statistics: State
}

/**
 * The loss and the gradients of all trained parameters.
 *
 * @param parameters the network's, which say what is trained
 * @param state every tensor of the network
 * @returns tensors that belong to the caller
 */
export const lossAndGradients = (
  parameters: ReadonlyArray<ParameterSpec>,
  state: State,
  loss: Loss
): LossAndGradients =>
  tf.tidy(() => {
    const names = trainedNames(parameters)
    const { carried, result } = withSideResults((carry: (statistics: State) => void) =>
      tf.valueAndGrads((...trained: Array<Tensor>) => {
        const computed = loss({ ...state, ...byName(names, trained) })
        carry(computed.statistics)
        return computed.loss
      })(names.map((name) => state[name]!))
    )
    return {
      loss: result.value,
      gradients: byName(names, result.grads),
      statistics: carried
    }
  })

/** Everything that a step changes. */
export interface Training extends Moments {
  readonly state: State
  /** Steps done so far, as float32. */
  readonly step: Scalar
}

/** Training that has not begun. `state` is taken over, not copied. */
export const startTraining = (
  parameters: ReadonlyArray<ParameterSpec>,
  state: State
): Training => ({
  state,
  step: tf.scalar(0),
  ...zeroMoments(selected(trainedNames(parameters), state))
})

/**
 * One step. Pure: learning rate, step and batch are tensors, nothing is read or changed in place; so a step can be traced once
 * and replayed. Biases that a batch norm cancels stay as they are.
 *
 * @returns the loss before the step, and what comes after `training`, in the same order of names; the tensors belong to
 * the caller, who frees the old ones
 */
export const trainingStep = (
  parameters: ReadonlyArray<ParameterSpec>,
  training: Training,
  loss: Loss,
  learningRate: Scalar,
  options: Partial<AdamOptions> = {}
): { readonly loss: Scalar; readonly training: Training } =>
  tf.tidy(() => {
    const {
      gradients,
      loss: value,
      statistics
    } = lossAndGradients(parameters, training.state, loss)
    const step = tf.add<Scalar>(training.step, 1)
    const updated = adamUpdate({
      parameters: selected(Object.keys(gradients), training.state),
      gradients,
      m: training.m,
      v: training.v,
      step,
      learningRate,
      options
    })
    const state = { ...training.state, ...updated.parameters, ...statistics }
    // A tensor that stays as it is gets a handle of its own, so that the old training can be freed as a whole.
    for (const [name, tensor] of Object.entries(state)) {
      if (tensor === training.state[name]) state[name] = tensor.clone()
    }
    return { loss: value, training: { state, step, m: updated.m, v: updated.v } }
  })

const byName = (names: ReadonlyArray<string>, tensors: ReadonlyArray<Tensor>): State =>
  Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))

const selected = (names: ReadonlyArray<string>, state: State): State =>
  byName(
    names,
    names.map((name) => state[name]!)
  )
