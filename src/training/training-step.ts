/** One step of training: loss, gradients, update; all by new values. */
import type { Scalar, Tensor, Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import { type ParameterSpec, type State, trainedNames } from "../models/parameters.ts"
import { withSideResults } from "../models/side-results.ts"
import { clipNorm } from "./clip-norm.ts"
import { flatSize, flatten, unflatten } from "./flat.ts"
import { type Moments, type Optimizer, optimizerOf, type OptimizerSettings } from "./optimizer.ts"

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

/** Everything that a step changes. A type and no interface, so that it counts as a container of tensors. */
export type Training = {
  readonly state: State
  /** Steps done so far, as float32. */
  readonly step: Scalar
  /** What the optimizer remembers. */
  readonly moments: Moments
  /** The averaged values of the trained parameters, flat. */
  readonly average?: Tensor1D
}

export interface StepOptions {
  /** Plain Adam when left out. */
  readonly optimizer?: OptimizerSettings
  /** The longest gradient, see `clipNorm`. */
  readonly clip?: number
  /**
   * With it an exponential moving average of the trained parameters is kept, `a ← decay · a + (1 - decay) · θ`, which starts
   * as the parameters themselves. Running statistics are not averaged but taken as they are, as by PyTorch's `AveragedModel`
   * for its buffers.
   */
  readonly emaDecay?: number
}

const optimizerIn = ({ optimizer = { kind: "adam" } }: StepOptions): Optimizer =>
  optimizerOf(optimizer)

/** Training that has not begun. `state` is taken over, not copied. */
export const startTraining = (
  parameters: ReadonlyArray<ParameterSpec>,
  state: State,
  options: StepOptions = {}
): Training => {
  const trained = selected(trainedNames(parameters), state)
  const size = flatSize(trained)
  return {
    state,
    step: tf.scalar(0),
    moments: Object.fromEntries(
      optimizerIn(options).moments.map((name) => [name, tf.zeros([size]) as Tensor1D])
    ),
    ...(options.emaDecay === undefined ? {} : { average: flatten(trained) })
  }
}

export interface StepResult {
  /** Before the step. */
  readonly loss: Scalar
  /** Before clipping; only with `clip`. */
  readonly gradientNorm?: Scalar
  readonly training: Training
}

/**
 * One step. Pure: learning rate, step and batch are tensors, nothing is read or changed in place; so a step can be traced once
 * and replayed. Biases that a batch norm cancels stay as they are.
 *
 * @returns what comes after `training`, in the same order of names; the tensors belong to the caller, who frees the old ones
 */
export const trainingStep = (
  parameters: ReadonlyArray<ParameterSpec>,
  training: Training,
  loss: Loss,
  learningRate: Scalar,
  options: StepOptions = {}
): StepResult =>
  tf.tidy(() => {
    const computed = lossAndGradients(parameters, training.state, loss)
    const optimizer = optimizerIn(options)
    const before = selected(Object.keys(computed.gradients), training.state)
    const whole = flatten(before, computed.gradients)
    const clipped = options.clip === undefined ? undefined : clipNorm(whole, options.clip)
    const step = tf.add<Scalar>(training.step, 1)
    const { change, moments } = optimizer.update({
      gradient: clipped?.gradient ?? whole,
      moments: training.moments,
      step,
      learningRate
    })
    const after = moved(before, change, learningRate, optimizer.weightDecay)
    const state = { ...training.state, ...after, ...computed.statistics }
    // A tensor that stays as it is gets a handle of its own, so that the old training can be freed as a whole.
    for (const [name, tensor] of Object.entries(state)) {
      if (tensor === training.state[name]) state[name] = tensor.clone()
    }
    return {
      loss: computed.loss,
      ...(clipped === undefined ? {} : { gradientNorm: clipped.norm }),
      training: { state, step, moments, ...averaged(training, after, options.emaDecay) }
    }
  })

/** The parameters without the change, and without what weight decay takes. */
const moved = (
  parameters: State,
  change: Tensor1D,
  learningRate: Scalar,
  weightDecay: number
): State => {
  const kept = weightDecay === 0 ? undefined : tf.sub(1, tf.mul(learningRate, weightDecay))
  const changes = unflatten(parameters, change)
  return Object.fromEntries(
    Object.entries(parameters).map(([name, parameter]) => {
      const remaining = kept === undefined ? parameter : tf.mul(parameter, kept)
      return [name, tf.sub(remaining, changes[name]!)]
    })
  )
}

const averaged = (
  { average }: Training,
  parameters: State,
  decay: number | undefined
): Pick<Training, "average"> => {
  if (decay === undefined || average === undefined) return {}
  const share = tf.mul(flatten(parameters), 1 - decay)
  return { average: tf.add<Tensor1D>(tf.mul(average, decay), share) }
}

/** The state with the averaged values in place of the trained ones. The tensors belong to the caller. */
export const averagedState = (
  parameters: ReadonlyArray<ParameterSpec>,
  { average, state }: Training
): State =>
  tf.tidy(() => {
    const trained = selected(trainedNames(parameters), state)
    const values = average === undefined ? {} : unflatten(trained, average)
    return Object.fromEntries(
      Object.entries(state).map(([name, tensor]) => [name, values[name] ?? tensor.clone()])
    )
  })

const byName = (names: ReadonlyArray<string>, tensors: ReadonlyArray<Tensor>): State =>
  Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))

const selected = (names: ReadonlyArray<string>, state: State): State =>
  byName(
    names,
    names.map((name) => state[name]!)
  )
