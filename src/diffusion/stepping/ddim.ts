/** Denoising diffusion implicit models: from deterministic to ancestral sampling. */
import type { Transition } from "./level.ts"
import { type Update, update } from "./update.ts"

/**
 * `x' = √ᾱ' x̂₀ + √(1 - ᾱ' - σ²) ε̂ + σ z` with `σ = η √((1 - ᾱ')/(1 - ᾱ)) √(1 - ᾱ/ᾱ')`.
 *
 * Song, Meng & Ermon 2021 (arXiv:2010.02502), equations 12 and 16. ε̂ is the noise that goes with x̂₀, `x = √ᾱ x̂₀ + √(1 - ᾱ) ε̂`:
 * where x̂₀ is clipped, ε̂ moves with it, as in Dhariwal & Nichol's code and DeepFloyd IF's (diffusers:
 * `use_clipped_model_output`).
 *
 * With η = 0 it also goes backwards, from a lower noise level to a higher one.
 *
 * @param eta from 0, deterministic, to 1, where it is ancestral sampling with `fixed-small`
 * @throws RangeError for another η
 */
export const ddimUpdate = ({ from, to }: Transition, eta: number): Update<number> => {
  if (!(eta >= 0 && eta <= 1)) throw new RangeError(`η is from 0 to 1, not ${eta}`)
  const [now, next] = [from.alphaBar, to.alphaBar]
  // σ²/(1 - ᾱ'), written so that it cannot exceed 1 by rounding.
  const fresh = eta === 0 ? 0 : (eta ** 2 * (1 - now / next)) / (1 - now)
  const direction = Math.sqrt((1 - next) * (1 - fresh)) / Math.sqrt(1 - now)
  return update({
    sampleShare: Math.sqrt(next) - direction * Math.sqrt(now),
    currentShare: direction,
    deviation: Math.sqrt((1 - next) * fresh)
  })
}
