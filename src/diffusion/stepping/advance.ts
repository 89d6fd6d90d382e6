/** A sampler's steps on tensors. Each function may be recorded (`compile`): what changes from step to step comes in as tensors. */
import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import type { Coefficients, SamplingPlan } from "./plan.ts"
import type { Conversion } from "./prediction.ts"
import { threshold, type Thresholding } from "./thresholding.ts"

/** What a sampler carries from one answer of the network to the next. */
export interface SamplingState {
  /** What the network is asked about next, or the result; `[N,H,W,C]`. */
  readonly x: Tensor4D
  /** Of x's shape; there when the plan has a memory. */
  readonly memory?: Tensor4D
}

/** What there is to go on with at one evaluation. */
export interface Answer {
  /** The network's; of x's shape. */
  readonly prediction: Tensor4D
  /**
   * The network's second output where the plan's variance is learned: -1 for the smallest, 1 for the largest, not clamped. Of x's
   * shape.
   */
  readonly variance?: Tensor4D
  /** From N(0, I), where the plan draws noise; any finite values at an evaluation that draws none. Of x's shape. */
  readonly noise?: Tensor4D
}

/** The state before the first step. It holds `x` itself; a memory is a new tensor. */
export const startSampling = ({ memory }: SamplingPlan, x: Tensor4D): SamplingState =>
  memory ? { x, memory: tf.zerosLike(x) } : { x }

/**
 * The state after one answer.
 *
 * @param state stays with its owner
 * @returns new tensors that belong to the caller
 */
export const advance = (
  { memory, x }: SamplingState,
  { noise, prediction, variance }: Answer,
  coefficients: Coefficients<Scalar>,
  thresholding: Thresholding
): SamplingState =>
  tf.tidy(() => {
    const { currentShare, deviation, keptCurrent, keptSample, logRange, memoryShare, sampleShare } =
      coefficients
    const sample = estimateSample(x, prediction, coefficients, thresholding)
    let next = tf.add<Tensor4D>(tf.mul(x, currentShare), tf.mul(sample, sampleShare))
    if (memory !== undefined) next = tf.add(next, tf.mul(memory, memoryShare))
    if (noise !== undefined) {
      // Nichol & Dhariwal 2021 (arXiv:2102.09672), equation 15: ln σ² = f ln β + (1 - f) ln β̃, with f = (v + 1)/2.
      const deviations =
        variance === undefined
          ? deviation
          : tf.mul(tf.exp(tf.mul(tf.add(variance, 1), tf.div(logRange, 4))), deviation)
      next = tf.add(next, tf.mul(noise, deviations))
    }
    if (memory === undefined) return { x: next }
    const kept = tf.add<Tensor4D>(tf.mul(x, keptCurrent), tf.mul(sample, keptSample))
    return { x: next, memory: kept }
  })

/**
 * The clean sample in one step, as the network sees it in `x`.
 *
 * @returns a new tensor that belongs to the caller
 */
export const estimateSample = (
  x: Tensor4D,
  prediction: Tensor4D,
  conversion: Conversion<Scalar>,
  thresholding: Thresholding
): Tensor4D => tf.tidy(() => threshold(convert(x, prediction, conversion), thresholding))

/** A prediction as another one (`prediction.ts`). @returns a new tensor that belongs to the caller */
export const convert = (
  x: Tensor4D,
  prediction: Tensor4D,
  { inputScale, predictionScale }: Conversion<Scalar>
): Tensor4D => tf.tidy(() => tf.add(tf.mul(x, inputScale), tf.mul(prediction, predictionScale)))

/** Each number as a float32 scalar, rounded once; new tensors that belong to the caller. */
export const scalars = <Name extends string>(numbers: { readonly [name in Name]: number }): {
  readonly [name in Name]: Scalar
} =>
  Object.fromEntries(
    Object.entries<number>(numbers).map(([name, value]) => [name, tf.scalar(value)])
  ) as { readonly [name in Name]: Scalar }
