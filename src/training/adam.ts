/** The Adam optimizer. */
import type { Scalar, Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import type { Optimizer } from "./optimizer.ts"

export interface AdamOptions {
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  /** Decoupled; 0 for plain Adam. */
  readonly weightDecay: number
}

/** PyTorch's defaults; TensorFlow.js's own eps is 1e-7. */
export const adamDefaults: AdamOptions = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 }

/**
 * Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1, in the order of section 2's last paragraph (the bias corrections leave
 * the vectors and join the scalars), with eps where algorithm 1 and PyTorch's `torch.optim.Adam` have it: beside the corrected
 * root. With weight decay Loshchilov & Hutter 2019 (arXiv:1711.05101), PyTorch's `torch.optim.AdamW`.
 *
 * Its moments are the running means of the gradient, `m`, and of its square, `v`.
 */
export const adam = (options: Partial<AdamOptions> = {}): Optimizer => {
  const { beta1, beta2, eps, weightDecay } = { ...adamDefaults, ...options }
  return {
    moments: ["m", "v"],
    weightDecay,
    update: ({ gradient, learningRate, moments, step }) =>
      tf.tidy(() => {
        const m = tf.add<Tensor1D>(tf.mul(moments["m"]!, beta1), tf.mul(gradient, 1 - beta1))
        const square = tf.mul(gradient, gradient)
        const v = tf.add<Tensor1D>(tf.mul(moments["v"]!, beta2), tf.mul(square, 1 - beta2))
        const root2 = tf.sqrt(biasCorrection(beta2, step))
        const rate = tf.div(tf.mul(learningRate, root2), biasCorrection(beta1, step))
        const change = tf.div<Tensor1D>(tf.mul(m, rate), tf.add(tf.sqrt(v), tf.mul(root2, eps)))
        return { change, moments: { m, v } }
      })
  }
}

/**
 * `1 - βᵗ`, as `2 T / (1 + T)` with `T = tanh(-½ t ln β)`.
 *
 * In float32 `1 - 0.999` itself has lost five of its seven digits; the hyperbolic tangent is exact near zero, and every
 * backend has it.
 */
const biasCorrection = (beta: number, step: Scalar): Scalar => {
  // ln 0 is no number to multiply by.
  if (beta === 0) return tf.scalar(1)
  const half = tf.tanh(tf.mul(step, -Math.log(beta) / 2))
  return tf.div(tf.mul(half, 2), tf.add(half, 1))
}
