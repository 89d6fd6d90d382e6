/** Stochastic gradient descent. */
import type { Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import type { Optimizer } from "./optimizer.ts"

export interface SgdOptions {
  /** μ, how much of the velocity stays from step to step; 0 for plain descent. */
  readonly momentum: number
  /** Looks one step ahead along the velocity. */
  readonly nesterov: boolean
}

export const sgdDefaults: SgdOptions = { momentum: 0, nesterov: false }

/**
 * Gradient descent with momentum, as PyTorch's `torch.optim.SGD` without dampening: `v ← μ v + g`, and the parameters lose
 * `learningRate · v`, with Nesterov's momentum `learningRate · (g + μ v)`.
 *
 * Sutskever, Martens, Dahl & Hinton 2013 (ICML), where the learning rate is part of the velocity: the same for a constant
 * rate. Its one moment is `velocity`.
 */
export const sgd = (options: Partial<SgdOptions> = {}): Optimizer => {
  const { momentum, nesterov } = { ...sgdDefaults, ...options }
  return {
    moments: momentum === 0 ? [] : ["velocity"],
    weightDecay: 0,
    update: ({ gradient, learningRate, moments }) =>
      tf.tidy(() => {
        if (momentum === 0) return { change: tf.mul<Tensor1D>(gradient, learningRate), moments: {} }
        const velocity = tf.add<Tensor1D>(tf.mul(moments["velocity"]!, momentum), gradient)
        const along = nesterov ? tf.add(gradient, tf.mul(velocity, momentum)) : velocity
        return { change: tf.mul<Tensor1D>(along, learningRate), moments: { velocity } }
      })
  }
}
