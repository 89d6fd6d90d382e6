/** The sigmoid linear unit, also called swish. */
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { customGradient } from "./custom-gradient.ts"

/**
 * `y = z σ(z)`; Elfwing, Uchibe & Doya 2017 (arXiv:1702.03118), PyTorch's `nn.SiLU()`.
 *
 * With `s = σ(z)` the gradient is `dy (s + (y - y s))`: no exponential beside the sigmoid's own. The inner difference first, since
 * beside a large y the sum would lose s.
 */
export const silu = <T extends Tensor>(z: T): T =>
  customGradient([z], () => {
    const value = tf.mul<T>(z, tf.sigmoid(z))
    return {
      value,
      saved: { z, y: value },
      backward: (dy, { y, z }) => {
        const s = tf.sigmoid(z)
        return [tf.mul(dy, tf.add(s, tf.sub(y, tf.mul(y, s))))]
      }
    }
  })
