import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

/**
 * An image at a noise level: √ᾱ x₀ + √(1 - ᾱ) ε. Where ᾱ is 1 it is x₀ itself, to the last bit.
 *
 * Ho, Jain & Abbeel 2020 (arXiv:2006.11239), equation 4.
 *
 * @param clean x₀, `[N,H,W,C]`
 * @param noise ε, of the same shape
 * @returns a new tensor
 */
export const atLevel = (clean: Tensor4D, alphaBar: number, noise: Tensor4D): Tensor4D =>
  tf.tidy(() => {
    const all = tf.broadcastTo(clean, noise.shape)
    if (alphaBar === 1) return all as Tensor4D
    return tf.add<Tensor4D>(
      tf.mul(all, Math.sqrt(alphaBar)),
      tf.mul(noise, Math.sqrt(1 - alphaBar))
    )
  })
