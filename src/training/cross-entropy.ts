/** The loss of classification. */
import type { Scalar, Tensor2D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import { customGradient } from "../models/layers/custom-gradient.ts"

/**
 * The mean of `-Σ target · log softmax(logits)` over the rows, as PyTorch's `F.cross_entropy`; the targets are taken as
 * constant, and are one-hot or other rows that sum to 1.
 *
 * @param logits `[N,K]`
 * @param targets `[N,K]`
 */
export const crossEntropy = (logits: Tensor2D, targets: Tensor2D): Scalar =>
  customGradient<Scalar, { error: Tensor2D }>([logits], () => {
    // Less the largest, so that no exponential overflows, and one of them is 1.
    const shifted = tf.sub<Tensor2D>(logits, tf.max(logits, 1, true))
    const exponentials = tf.exp(shifted)
    const sum = tf.sum(exponentials, 1, true)
    const logs = tf.sub(shifted, tf.log(sum))
    const rows = logits.shape[0]
    return {
      value: tf.div<Scalar>(tf.neg(tf.sum(tf.mul(targets, logs))), rows),
      saved: { error: tf.sub<Tensor2D>(tf.div(exponentials, sum), targets) },
      backward: (dy, { error }) => [tf.mul(error, tf.div(dy, rows))]
    }
  })
