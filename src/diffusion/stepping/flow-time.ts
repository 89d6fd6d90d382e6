/**
 * Between a flow's time and a diffusion's ᾱ, where both have the same signal-to-noise ratio.
 *
 * A flow's state is x_t = (1 - t) ε + t x₀ for noise ε and data x₀ (Lipman et al. 2023, arXiv:2210.02747, with σ_min = 0): t is 0 at
 * the noise and 1 at the data. A variance-preserving one is √ᾱ x₀ + √(1 - ᾱ) ε. Their ratios t/(1 - t) and √ᾱ/√(1 - ᾱ) are equal at one
 * t, and there the states differ by a factor only (Kingma et al. 2021, arXiv:2107.00630, section 5.1).
 */

/** t of ᾱ: √ᾱ/(√ᾱ + √(1 - ᾱ)), in [0, 1]. */
export const flowTime = (alphaBar: number): number => {
  const [signal, noise] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)]
  return signal / (signal + noise)
}

/** ᾱ of t: t²/(t² + (1 - t)²), in [0, 1]. */
export const alphaBarAtFlowTime = (time: number): number =>
  time ** 2 / (time ** 2 + (1 - time) ** 2)

/** What the variance-preserving state is multiplied by to be the flow's: 1/(√ᾱ + √(1 - ᾱ)) = √(t² + (1 - t)²), in [1/√2, 1]. */
export const flowScale = (alphaBar: number): number =>
  1 / (Math.sqrt(alphaBar) + Math.sqrt(1 - alphaBar))
