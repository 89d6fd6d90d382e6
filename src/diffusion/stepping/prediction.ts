/** What a network's output says about the clean sample, the noise and the velocity. Pure numbers; `convert` applies them. */
import { UserError } from "../../base/user-error.ts"
import { flowScale, flowTime } from "./flow-time.ts"

/**
 * What a network predicts from x = √ᾱ x₀ + √(1 - ᾱ) ε: the noise ε, the clean sample x₀, or the velocity x₀ - ε of the flow from noise
 * to data. Such a network is asked about `flowScale x` at the time `flowTime` (`flow-time.ts`).
 */
export const predictions = ["epsilon", "sample", "velocity"] as const
export type Prediction = (typeof predictions)[number]

/** `inputScale x + predictionScale prediction`. */
export interface Conversion<N> {
  readonly inputScale: N
  readonly predictionScale: N
}

/**
 * The clean sample from a prediction: (x - √(1-ᾱ) ε̂)/√ᾱ (Ho, Jain & Abbeel 2020, arXiv:2006.11239, equation 15), or s x + (1 - t) û.
 *
 * @throws UserError where nothing of it is left in x that float32 could bring back
 */
export const sampleFrom = (prediction: Prediction, alphaBar: number): Conversion<number> =>
  usable(samples[prediction](alphaBar), "clean sample", alphaBar)

/**
 * The noise from a prediction: (x - √ᾱ x̂₀)/√(1-ᾱ), or s x - t û.
 *
 * @throws UserError where there is none in x
 */
export const epsilonFrom = (prediction: Prediction, alphaBar: number): Conversion<number> =>
  usable(epsilons[prediction](alphaBar), "noise", alphaBar)

/**
 * The velocity from a prediction: (s x - ε̂)/t, or (x̂₀ - s x)/(1 - t).
 *
 * @throws UserError at the time 0 from ε, and at the time 1 from a clean sample
 */
export const velocityFrom = (prediction: Prediction, alphaBar: number): Conversion<number> =>
  usable(velocities[prediction](alphaBar), "velocity", alphaBar)

type Conversions = Readonly<Record<Prediction, (alphaBar: number) => Conversion<number>>>

const itself = (): Conversion<number> => ({ inputScale: 0, predictionScale: 1 })

const samples: Conversions = {
  epsilon: (alphaBar) => ({
    inputScale: 1 / Math.sqrt(alphaBar),
    predictionScale: -Math.sqrt(1 - alphaBar) / Math.sqrt(alphaBar)
  }),
  sample: itself,
  velocity: (alphaBar) => ({
    inputScale: flowScale(alphaBar),
    predictionScale: 1 - flowTime(alphaBar)
  })
}

const epsilons: Conversions = {
  epsilon: itself,
  sample: (alphaBar) => ({
    inputScale: 1 / Math.sqrt(1 - alphaBar),
    predictionScale: -Math.sqrt(alphaBar) / Math.sqrt(1 - alphaBar)
  }),
  velocity: (alphaBar) => ({
    inputScale: flowScale(alphaBar),
    predictionScale: -flowTime(alphaBar)
  })
}

const velocities: Conversions = {
  epsilon: (alphaBar) => ({
    inputScale: flowScale(alphaBar) / flowTime(alphaBar),
    predictionScale: -1 / flowTime(alphaBar)
  }),
  sample: (alphaBar) => ({
    inputScale: -flowScale(alphaBar) / (1 - flowTime(alphaBar)),
    predictionScale: 1 / (1 - flowTime(alphaBar))
  }),
  velocity: itself
}

const usable = (
  conversion: Conversion<number>,
  wanted: string,
  alphaBar: number
): Conversion<number> => {
  if (Object.values(conversion).every((scale) => Number.isFinite(Math.fround(scale)))) {
    return conversion
  }
  throw new UserError(`where ᾱ is ${alphaBar} the ${wanted} does not follow from the prediction`, {
    hint: "leave this timestep out, or use a schedule that keeps some signal and some noise at each timestep"
  })
}
