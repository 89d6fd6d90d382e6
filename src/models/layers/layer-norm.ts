/** Layer normalisation: each vector along the last axis by itself. */
import type { Tensor, Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { customGradient } from "./custom-gradient.ts"

/**
 * Ba, Kiros & Hinton 2016 (arXiv:1607.06450), as PyTorch's `nn.LayerNorm` over the last axis: biased variance.
 *
 * @param x `[..., C]`, of rank 2 or more
 * @param gamma,beta `[C]`
 * @param eps added to the variance
 */
export const layerNorm = <T extends Tensor>(
  x: T,
  gamma: Tensor1D,
  beta: Tensor1D,
  eps: number
): T => {
  const others = x.shape.slice(0, -1).map((_, axis) => axis)
  return customGradient<T, { xhat: Tensor; istd: Tensor; gamma: Tensor1D }>(
    [x, gamma, beta],
    () => {
      const xc = tf.sub(x, tf.mean(x, -1, true))
      const variance = tf.mean(tf.mul(xc, xc), -1, true)
      const istd = tf.div(1, tf.sqrt(tf.add(variance, eps)))
      const xhat = tf.mul(xc, istd)
      return {
        value: tf.add<T>(tf.mul(xhat, gamma), beta),
        saved: { xhat, istd, gamma },
        backward: (dy, { gamma, istd, xhat }) => {
          const dbeta = tf.sum(dy, others)
          const dgamma = tf.sum(tf.mul(dy, xhat), others)
          const dxhat = tf.mul(dy, gamma)
          const along = tf.mean(tf.mul(dxhat, xhat), -1, true)
          const tangent = tf.sub(tf.sub(dxhat, tf.mean(dxhat, -1, true)), tf.mul(xhat, along))
          return [tf.mul(tangent, istd), dgamma, dbeta]
        }
      }
    }
  )
}
