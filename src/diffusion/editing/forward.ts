import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { addScheduledNoise } from "../forward-process.ts"

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
    const all: Tensor4D = tf.broadcastTo(clean, noise.shape)
    return alphaBar === 1 ? all : addScheduledNoise(all, noise, alphaBar)
  })
