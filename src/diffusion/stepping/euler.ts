/** Euler's method on the probability-flow equation in σ̄ = √(1 - ᾱ)/√ᾱ. */
import type { Transition } from "./level.ts"
import { sigmaOf } from "./sigma.ts"
import { type Update, update } from "./update.ts"

/**
 * `x̄' = x̄ + (σ̄' - σ̄) d` with `d = (x̄ - x̂₀)/σ̄`; first order.
 *
 * Karras et al. 2022 (arXiv:2206.00364), equation 3 with s = 1 and σ(t) = t; diffusers' `EulerDiscreteScheduler` at whole
 * timesteps, without churn. It equals DDIM with η = 0 (Song et al. 2021, section 4.3), by another road.
 */
export const eulerUpdate = ({ from, to }: Transition): Update<number> => {
  const ratio = sigmaOf(to) / sigmaOf(from)
  return update({
    sampleShare: Math.sqrt(to.alphaBar) * (1 - ratio),
    currentShare: Math.sqrt(to.alphaBar / from.alphaBar) * ratio
  })
}
