/** The loss of regression. */
import type { Scalar, Tensor } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import { customGradient } from "../models/layers/custom-gradient.ts"

/** The mean of `(prediction - target)²` over all elements, as PyTorch's `F.mse_loss`; the target is taken as constant. */
export const meanSquaredError = (prediction: Tensor, target: Tensor): Scalar =>
  customGradient<Scalar, { error: Tensor }>([prediction], () => {
    const error = tf.sub(prediction, target)
    return {
      value: tf.mean(tf.mul(error, error)),
      saved: { error },
      backward: (dy, { error }) => [tf.mul(error, tf.mul(dy, 2 / error.size))]
    }
  })
