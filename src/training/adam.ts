/** The Adam optimizer, on one flat vector for each moment. */
import type { Scalar, Tensor, Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

type Tensors = Readonly<Record<string, Tensor>>

/** Running means of the gradient and of its square, of all parameters one after another, each row-major. */
export interface Moments {
  readonly m: Tensor1D
  readonly v: Tensor1D
}

export interface AdamOptions {
  readonly beta1: number
  readonly beta2: number
  readonly eps: number
  /** Decoupled weight decay λ: each step also takes `learningRate · λ` of the parameter itself away; 0 for plain Adam. */
  readonly weightDecay: number
}

/** PyTorch's defaults; TensorFlow.js's own eps is 1e-7. */
export const adamDefaults: AdamOptions = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 }

export interface AdamUpdate extends Moments {
  readonly parameters: Tensors
  /** Of every parameter, by the same names. */
  readonly gradients: Tensors
  /** The number of this update, from 1, as float32 (whole up to 2²⁴). */
  readonly step: Scalar
  readonly learningRate: Scalar
  readonly options?: Partial<AdamOptions>
}

/** Moments of zeros for the given parameters. */
export const zeroMoments = (parameters: Tensors): Moments => {
  const size = Object.values(parameters).reduce((sum, tensor) => sum + tensor.size, 0)
  return { m: tf.zeros([size]), v: tf.zeros([size]) }
}

/**
 * One update, by new values: nothing is changed in place.
 *
 * Kingma & Ba 2015 (arXiv:1412.6980), algorithm 1, in the order of section 2's last paragraph (the bias corrections leave
 * the vectors and join the scalars), with eps where algorithm 1 and PyTorch's `torch.optim.Adam` have it: beside the corrected
 * root. With weight decay Loshchilov & Hutter 2019 (arXiv:1711.05101), PyTorch's `torch.optim.AdamW`.
 *
 * The number of tensors in a graph costs more than their size, so the moments are flat: all gradients are concatenated once,
 * and the update is split once. The order is that of `parameters`.
 *
 * @returns tensors that belong to the caller
 * @throws RangeError when a gradient is missing or of another shape than its parameter
 */
export const adamUpdate = ({
  gradients,
  learningRate,
  m,
  options,
  parameters,
  step,
  v
}: AdamUpdate): { readonly parameters: Tensors } & Moments =>
  tf.tidy(() => {
    const { beta1, beta2, eps, weightDecay } = { ...adamDefaults, ...options }
    const g = flatten(parameters, gradients)
    const newM = tf.add<Tensor1D>(tf.mul(m, beta1), tf.mul(g, 1 - beta1))
    const newV = tf.add<Tensor1D>(tf.mul(v, beta2), tf.mul(tf.mul(g, g), 1 - beta2))
    const root2 = tf.sqrt(biasCorrection(beta2, step))
    const rate = tf.div(tf.mul(learningRate, root2), biasCorrection(beta1, step))
    const update = tf.div(tf.mul(newM, rate), tf.add(tf.sqrt(newV), tf.mul(root2, eps)))
    const parts = tf.split(
      update,
      Object.values(parameters).map(({ size }) => size)
    )
    const kept = weightDecay === 0 ? undefined : tf.sub(1, tf.mul(learningRate, weightDecay))
    const updated = Object.entries(parameters).map(([name, parameter], i) => {
      const remaining = kept === undefined ? parameter : tf.mul(parameter, kept)
      return [name, tf.sub(remaining, tf.reshape(parts[i]!, parameter.shape))] as const
    })
    return { parameters: Object.fromEntries(updated), m: newM, v: newV }
  })

/** One vector of all gradients, in the order of the parameters. */
const flatten = (parameters: Tensors, gradients: Tensors): Tensor1D =>
  tf.concat1d(
    Object.entries(parameters).map(([name, parameter]) => {
      const gradient = gradients[name]
      if (gradient?.shape.join() === parameter.shape.join()) return tf.reshape(gradient, [-1])
      const got = gradient === undefined ? "none" : `one of [${gradient.shape.join(",")}]`
      throw new RangeError(`${name} [${parameter.shape.join(",")}] needs a gradient, got ${got}`)
    })
  )

/**
 * `1 - βᵗ`, as `2 T / (1 + T)` with `T = tanh(-½ t ln β)`.
 *
 * In float32 `1 - 0.999` itself has lost five of its seven digits; the hyperbolic tangent is exact near zero, and every
 * backend has it.
 */
const biasCorrection = (beta: number, step: Scalar): Scalar => {
  const half = tf.tanh(tf.mul(step, -Math.log(beta) / 2))
  return tf.div(tf.mul(half, 2), tf.add(half, 1))
}
