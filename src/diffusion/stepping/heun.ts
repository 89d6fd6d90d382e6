/** Heun's method on the probability-flow equation: two answers of the network a step, second order. */
import { eulerUpdate } from "./euler.ts"
import type { Transition } from "./level.ts"
import { sigmaOf } from "./sigma.ts"
import { type Update, update } from "./update.ts"

/**
 * A step of Euler's method, then a correction by the slope at its end:
 *
 *     d = (x̄ - x̂₀)/σ̄,  x̄₁ = x̄ + (σ̄' - σ̄) d,  d' = (x̄₁ - x̂₀')/σ̄',  x̄' = x̄ + (σ̄' - σ̄)(d + d')/2
 *
 * The slope at the end magnifies the rounding of float32 by about σ̄/2σ̄', so a single step should not go from much noise to
 * nearly none.
 *
 * The memory is x̄ + (σ̄' - σ̄) d/2, in the scale of x at the end. To the clean sample there is no slope at the end, and
 * Euler's step is all.
 *
 * Karras et al. 2022 (arXiv:2206.00364), algorithm 1 without churn (γ = 0); diffusers' `HeunDiscreteScheduler` at whole timesteps.
 *
 * @returns one update for each answer: at `from`, then at `to`
 */
export const heunUpdates = ({ from, to }: Transition): ReadonlyArray<Update<number>> => {
  const predictor = eulerUpdate({ from, to })
  const [start, end] = [sigmaOf(from), sigmaOf(to)]
  if (end === 0) return [predictor]
  const root = Math.sqrt(to.alphaBar)
  const half = (end - start) / 2
  return [
    update({
      ...predictor,
      keptCurrent: (root / Math.sqrt(from.alphaBar)) * (1 + half / start),
      keptSample: (-root * half) / start
    }),
    update({ currentShare: half / end, sampleShare: (-root * half) / end, memoryShare: 1 })
  ]
}
