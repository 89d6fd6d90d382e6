/** Root mean square normalisation: each vector along the last axis by itself, without a centre and without a shift. */
import type { Tensor, Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

/**
 * `x / √(mean(x²) + eps) · gamma`; Zhang & Sennrich 2019 (arXiv:1910.07467), the layer norm of T5.
 *
 * @param x `[..., C]`
 * @param gamma `[C]`
 * @param eps added to the mean square
 */
export const rmsNorm = <T extends Tensor>(x: T, gamma: Tensor1D, eps: number): T => {
  const meanSquare = tf.mean(tf.mul(x, x), -1, true)
  return tf.mul<T>(tf.mul(x, tf.div(1, tf.sqrt(tf.add(meanSquare, eps)))), gamma)
}
