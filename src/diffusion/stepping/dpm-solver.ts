/** DPM-Solver++(2M): a multistep method of second order, one answer of the network a step. */
import type { Transition } from "./level.ts"
import { halfLogSnr } from "./sigma.ts"
import { type Update, update } from "./update.ts"

/** Lists shorter than this take their last step with first order; diffusers' `lower_order_final`, and the authors' own code. */
const longEnough = 15

/**
 * With h = λ' - λ, r = h₋₁/h and the estimate x̂₀₋₁ of the step before, which is the memory:
 *
 *     D  = (1 + 1/2r) x̂₀ - 1/2r x̂₀₋₁
 *     x' = √(1-ᾱ')/√(1-ᾱ) x - √ᾱ' (e⁻ʰ - 1) D
 *
 * Lu et al. 2022 (arXiv:2211.01095), algorithm 2; diffusers' `DPMSolverMultistepScheduler` with order 2 and its default
 * `midpoint`. D is x̂₀ itself in the first step, in a step to the clean sample (where h is infinite), and in the last one
 * of fewer than 15.
 *
 * @returns one update a transition
 */
export const dpmSolverUpdates = (
  transitions: ReadonlyArray<Transition>
): ReadonlyArray<Update<number>> =>
  transitions.map(({ from, to }, i) => {
    const before = transitions[i - 1]
    const h = halfLogSnr(to) - halfLogSnr(from)
    const last = i === transitions.length - 1
    const firstOrder =
      before === undefined || to.alphaBar === 1 || (last && transitions.length < longEnough)
    const share = -Math.sqrt(to.alphaBar) * Math.expm1(-h)
    const extrapolated = firstOrder ? 0 : h / (2 * (halfLogSnr(from) - halfLogSnr(before.from)))
    return update({
      currentShare: Math.sqrt(1 - to.alphaBar) / Math.sqrt(1 - from.alphaBar),
      sampleShare: share * (1 + extrapolated),
      memoryShare: -share * extrapolated,
      keptSample: 1
    })
  })
