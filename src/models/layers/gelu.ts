/** The Gaussian error linear unit. */
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { customGradient } from "./custom-gradient.ts"

/**
 * `x Φ(x)` with the exact Φ, by the error function; not the tanh form.
 *
 * Hendrycks & Gimpel 2016 (arXiv:1606.08415); PyTorch's `nn.GELU()`. The gradient is `Φ(z) + z φ(z)` times dy, written as
 * `½ (1 + E + 2/√π · s / exp(s²)) dy` with `s = z/√2` and `E = erf(s)`: for large |z| the exponential is infinite and the
 * quotient 0, where `s · exp(-s²)` would be the same and `s² / exp(s²)` would not be a number.
 */
export const gelu = <T extends Tensor>(x: T): T =>
  customGradient([x], () => ({
    value: tf.mul<T>(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    saved: { z: x },
    backward: (dy, { z }) => {
      const zs = tf.mul(z, Math.SQRT1_2)
      const m = tf.div(zs, tf.exp(tf.mul(zs, zs)))
      const p = tf.add(tf.add(tf.mul(m, 2 / Math.sqrt(Math.PI)), 1), tf.erf(zs))
      return [tf.mul(tf.mul(p, dy), 0.5)]
    }
  }))
