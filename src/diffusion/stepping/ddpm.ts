/** Ancestral sampling, over any list of timesteps. */
import type { Transition } from "./level.ts"
import { type Update, update } from "./update.ts"
import { addedNoise, type Variance } from "./variance.ts"

/**
 * The mean of x_{t'} given x_t and x̂₀, and noise: with α = ᾱ_t/ᾱ_t' and β = 1 - α
 *
 *     x' = √ᾱ_t' β/(1 - ᾱ_t) x̂₀ + √α (1 - ᾱ_t')/(1 - ᾱ_t) x + σ z
 *
 * Ho, Jain & Abbeel 2020 (arXiv:2006.11239), equations 6 and 7, for the predecessor t' in the list (Nichol & Dhariwal 2021,
 * arXiv:2102.09672, equation 19). Berkeley CS180's iterative denoising is this with a learned variance, no thresholding,
 * and `last-timestep` as its end.
 */
export const ddpmUpdate = (transition: Transition, variance: Variance): Update<number> => {
  const [now, next] = [transition.from.alphaBar, transition.to.alphaBar]
  const alpha = now / next
  return update({
    sampleShare: (Math.sqrt(next) * (1 - alpha)) / (1 - now),
    currentShare: (Math.sqrt(alpha) * (1 - next)) / (1 - now),
    ...addedNoise(transition, variance)
  })
}
