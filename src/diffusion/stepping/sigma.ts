import type { Level } from "./level.ts"

/** σ̄ = √(1 - ᾱ)/√ᾱ, the noise on an undiminished sample, x̄ = x/√ᾱ = x₀ + σ̄ ε. Karras et al. 2022 (arXiv:2206.00364), section 2. */
export const sigmaOf = ({ alphaBar }: Level): number =>
  Math.sqrt(1 - alphaBar) / Math.sqrt(alphaBar)

/** λ = ln(√ᾱ/√(1 - ᾱ)), half the logarithm of the signal-to-noise ratio. Lu et al. 2022 (arXiv:2211.01095), section 2. */
export const halfLogSnr = ({ alphaBar }: Level): number => Math.log(alphaBar / (1 - alphaBar)) / 2
