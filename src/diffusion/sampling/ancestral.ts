/** Ancestral sampling of a discrete diffusion process: from noise back to data, one timestep at a time. */
import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import type { NoiseSchedule } from "../../values/values.ts"

/**
 * The variance of the noise that each step adds.
 *
 * `fixed-small`: β̃_t = β_t (1 - ᾱ_{t-1})/(1 - ᾱ_t), exact where the data are one point; `fixed-large`: β_t, exact where they are
 * N(0, I). Ho, Jain & Abbeel 2020 (arXiv:2006.11239), section 3.2, by the names of their code.
 */
export const variances = ["fixed-small", "fixed-large"] as const
export type Variance = (typeof variances)[number]

/** The numbers of one step, at timestep t. */
export interface AncestralCoefficients<N> {
  /** `1/√ᾱ_t` and `√(1 - ᾱ_t)/√ᾱ_t`: the clean sample is `inputScale x - noiseScale ε`. */
  readonly inputScale: N
  readonly noiseScale: N
  /** `√ᾱ_{t-1} β_t/(1 - ᾱ_t)` and `√α_t (1 - ᾱ_{t-1})/(1 - ᾱ_t)`: the mean is `sampleShare x̂₀ + currentShare x`. */
  readonly sampleShare: N
  readonly currentShare: N
  /** The deviation of the noise that is added; 0 in the last step. */
  readonly deviation: N
}

/**
 * The coefficients from timestep t to t - 1, in float64.
 *
 * Ho, Jain & Abbeel 2020, equations 6, 7 and 15. Timesteps count from 0 to T - 1; before 0 lies the clean sample, ᾱ = 1, so the
 * step from 0 is the mean itself.
 */
export const ancestralCoefficients = (
  { alphaBar, betas }: Pick<NoiseSchedule, "alphaBar" | "betas">,
  t: number,
  variance: Variance
): AncestralCoefficients<number> => {
  const [now, before, beta] = [alphaBar[t], t === 0 ? 1 : alphaBar[t - 1], betas[t]]
  if (now === undefined || before === undefined || beta === undefined) {
    throw new RangeError(`timestep ${t} is not one of 0 to ${alphaBar.length - 1}`)
  }
  const small = (beta * (1 - before)) / (1 - now)
  return {
    inputScale: 1 / Math.sqrt(now),
    noiseScale: Math.sqrt(1 - now) / Math.sqrt(now),
    sampleShare: (Math.sqrt(before) * beta) / (1 - now),
    currentShare: (Math.sqrt(1 - beta) * (1 - before)) / (1 - now),
    deviation: t === 0 ? 0 : Math.sqrt(variance === "fixed-small" ? small : beta)
  }
}

/**
 * x at timestep t - 1 from x at t.
 *
 * @param epsilon the estimate of the noise in `x`
 * @param noise from N(0, I), of the shape of `x`
 * @returns a new tensor, owned by the caller
 */
export const ancestralStep = (
  x: Tensor4D,
  epsilon: Tensor4D,
  noise: Tensor4D,
  coefficients: AncestralCoefficients<Scalar>
): Tensor4D =>
  tf.tidy(() => {
    const { currentShare, deviation, inputScale, noiseScale, sampleShare } = coefficients
    const sample = tf.sub(tf.mul(x, inputScale), tf.mul(epsilon, noiseScale))
    const mean = tf.add(tf.mul(sample, sampleShare), tf.mul(x, currentShare))
    return tf.add(mean, tf.mul(noise, deviation))
  })
