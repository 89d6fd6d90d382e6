/** Gradients that are no longer than a bound. */
import type { Scalar, Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

/**
 * The gradient, shortened when its norm over all parameters exceeds `maxNorm`.
 *
 * Pascanu, Mikolov & Bengio 2013 (arXiv:1211.5063), algorithm 1, as PyTorch's `clip_grad_norm_`, whose 1e-6 beside the norm
 * leaves a clipped gradient a little shorter than the bound.
 *
 * @returns the norm is that before clipping
 */
export const clipNorm = (
  gradient: Tensor1D,
  maxNorm: number
): { readonly gradient: Tensor1D; readonly norm: Scalar } =>
  tf.tidy(() => {
    const norm = tf.sqrt<Scalar>(tf.sum(tf.mul(gradient, gradient)))
    const scale = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1)
    return { gradient: tf.mul<Tensor1D>(gradient, scale), norm }
  })
