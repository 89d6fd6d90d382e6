/** Adding noise to clean samples. The noise comes in as an argument; nothing here is random. */
import type { Scalar, Tensor } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

/**
 * The sample at a timestep of a variance-preserving process: `√ᾱ_t x0 + √(1 - ᾱ_t) ε`.
 *
 * Ho, Jain & Abbeel 2020 (arXiv:2006.11239), equation 4.
 *
 * @param alphaBar ᾱ_t of that timestep, in [0, 1]
 * @param noise ε, of the shape of `x0`
 * @returns a new tensor, owned by the caller
 */
export const addScheduledNoise = <T extends Tensor>(x0: T, noise: T, alphaBar: number): T =>
  tf.tidy(() => x0.mul(Math.sqrt(alphaBar)).add<T>(noise.mul(Math.sqrt(1 - alphaBar))))

/**
 * Additive noise of deviation σ on an undiminished sample: `x0 + σ ε`.
 *
 * Karras et al. 2022 (arXiv:2206.00364), section 2, with s(t) = 1.
 *
 * @param noise ε, of the shape of `x0`
 * @returns a new tensor, owned by the caller
 */
export const addNoise = <T extends Tensor>(x0: T, noise: T, sigma: number | Scalar): T =>
  tf.tidy(() => x0.add<T>(noise.mul(sigma)))
