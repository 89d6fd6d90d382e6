/** The variance of the noise that a step of ancestral sampling adds. */
import type { Transition } from "./level.ts"
import type { Update } from "./update.ts"

/**
 * `fixed-small`: β̃ = β (1 - ᾱ')/(1 - ᾱ), exact where the data are one point; `fixed-large`: β, exact where they are N(0, I). Ho,
 * Jain & Abbeel 2020 (arXiv:2006.11239), section 3.2, by the names of their code.
 *
 * `learned-range`: between the two, pixel by pixel, by a second output of the network. Nichol & Dhariwal 2021 (arXiv:2102.09672),
 * equation 15.
 */
export const fixedVariances = ["fixed-small", "fixed-large"] as const
export const variances = [...fixedVariances, "learned-range"] as const
export type Variance = (typeof variances)[number]

/** β̃ is 0 in the step to the clean sample, and has no logarithm there; as diffusers' `DDPMScheduler`. */
const least = 1e-20

/**
 * β̃ and β of the step, for the predecessor in the list of timesteps: β = 1 - ᾱ/ᾱ'.
 *
 * @returns variances; `smallest` is at least 1e-20
 */
export const varianceBounds = ({
  from,
  to
}: Transition): { readonly smallest: number; readonly largest: number } => {
  const largest = 1 - from.alphaBar / to.alphaBar
  const smallest = ((1 - to.alphaBar) / (1 - from.alphaBar)) * largest
  return { smallest: Math.max(smallest, least), largest }
}

/**
 * The noise of the step. There is none in the step to the clean sample (Ho et al. 2020, algorithm 2, line 3), also from a list
 * that ends above 0; there diffusers' `DDPMScheduler` adds noise. A learned variance is the network's to say, as there.
 */
export const addedNoise = (
  transition: Transition,
  variance: Variance
): Pick<Update<number>, "deviation" | "logRange"> => {
  const { from, to } = transition
  if (from.timestep === 0) return { deviation: 0, logRange: 0 }
  if (to.alphaBar === 1 && variance !== "learned-range") return { deviation: 0, logRange: 0 }
  const { largest, smallest } = varianceBounds(transition)
  switch (variance) {
    case "fixed-small":
      return { deviation: Math.sqrt(smallest), logRange: 0 }
    case "fixed-large":
      return { deviation: Math.sqrt(largest), logRange: 0 }
    default:
      return { deviation: Math.sqrt(smallest), logRange: Math.log(largest / smallest) }
  }
}
