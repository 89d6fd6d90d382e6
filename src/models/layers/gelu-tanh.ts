/** The Gaussian error linear unit in its tanh form, which is another function than the exact one of `gelu.ts`. */
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

/**
 * `½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))`; Hendrycks & Gimpel 2016 (arXiv:1606.08415), section 2. Hugging Face's
 * `gelu_new`, PyTorch's `nn.GELU(approximate="tanh")`; up to 5e-4 off the exact form.
 */
export const geluTanh = <T extends Tensor>(x: T): T => {
  const cubic = tf.mul(tf.mul(tf.mul(x, x), x), 0.044715)
  const inner = tf.mul(tf.add(x, cubic), Math.sqrt(2 / Math.PI))
  return tf.mul<T>(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1))
}
