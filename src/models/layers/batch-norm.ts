/** Batch normalisation of images `[N,H,W,C]`, channel by channel, over N, H and W. */
import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { withSideResults } from "../side-results.ts"
import { customGradient } from "./custom-gradient.ts"

const overImages = [0, 1, 2]

/** How many values a channel's statistics are taken over. */
export const valuesPerChannel = (x: Tensor4D): number => x.shape[0] * x.shape[1] * x.shape[2]

export interface TrainingBatchNorm {
  readonly y: Tensor4D
  /** Of `x`; without gradient. */
  readonly mean: Tensor1D
  /** Of `x`, the mean squared deviation (divided by M, not M - 1); without gradient. */
  readonly variance: Tensor1D
}

/**
 * Normalisation with the batch's own statistics, as in training.
 *
 * Ioffe & Szegedy 2015 (arXiv:1502.03167), algorithm 1; the gradient is theirs of section 3, collected into one
 * coefficient a channel for each of dz, x - mean and 1: with M values a channel, `p = γ/σ`, `q = -p dγ/(σ M)`, `r = -p dβ/M`
 * it is `p dz + q (x - mean) + r`. The variance is taken of the centred values, since `E[x²] - mean²` loses it where the mean is
 * large beside it.
 *
 * A constant added to a channel before this has no effect, so **a convolution's bias before a batch norm has gradient zero**.
 * Do not add it: add it to the mean that enters the running statistics.
 *
 * @param gamma,beta `[C]`
 * @param eps added to the variance
 */
export const batchNormTraining = (
  x: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  eps: number
): TrainingBatchNorm => {
  const count = valuesPerChannel(x)
  const { carried, result: y } = withSideResults(
    (carry: (statistics: { readonly mean: Tensor1D; readonly variance: Tensor1D }) => void) =>
      customGradient<Tensor4D, { xc: Tensor4D; istd: Tensor1D; p: Tensor1D }>(
        [x, gamma, beta],
        () => {
          const mean = tf.mean<Tensor1D>(x, overImages)
          const xc = tf.sub<Tensor4D>(x, mean)
          const variance = tf.div<Tensor1D>(tf.sum(tf.mul(xc, xc), overImages), count)
          const istd = tf.div<Tensor1D>(1, tf.sqrt(tf.add(variance, eps)))
          const p = tf.mul<Tensor1D>(gamma, istd)
          carry({ mean, variance })
          return {
            value: tf.add(tf.mul(xc, p), beta),
            saved: { xc, istd, p },
            backward: (dz, { istd, p, xc }) => {
              const dbeta = tf.sum(dz, overImages)
              const dgamma = tf.mul(tf.sum(tf.mul(dz, xc), overImages), istd)
              const shared = tf.mul(p, -1 / count)
              const q = tf.mul(tf.mul(shared, istd), dgamma)
              const r = tf.mul(shared, dbeta)
              return [tf.add(tf.add(tf.mul(dz, p), tf.mul(xc, q)), r), dgamma, dbeta]
            }
          }
        }
      )
  )
  return { y, ...carried }
}

export interface BatchNormCoefficients {
  /** `[C]` each. */
  readonly gamma: Tensor1D
  readonly beta: Tensor1D
  readonly mean: Tensor1D
  readonly variance: Tensor1D
  /** A bias that belongs to `x` and was not added yet. */
  readonly bias?: Tensor1D
  readonly eps: number
}

/** Normalisation with given statistics, as in evaluation: one scale and one shift a channel. */
export const batchNormEvaluation = (
  x: Tensor4D,
  { beta, bias, eps, gamma, mean, variance }: BatchNormCoefficients
): Tensor4D => {
  const scale = tf.div(gamma, tf.sqrt(tf.add(variance, eps)))
  const centre = bias === undefined ? mean : tf.sub(mean, bias)
  return tf.add(tf.mul(x, scale), tf.sub(beta, tf.mul(centre, scale)))
}
