/**
 * A sampler's way from noise to data as numbers: at which timesteps the network is asked, and what is done with its answers.
 *
 * One loop runs every plan. `advance` may be recorded once and played at each evaluation.
 *
 *     let state = startSampling(plan, x)
 *     for (const { evaluations, to } of plan.steps) {
 *       for (const { at, coefficients, drawsNoise } of evaluations) {
 *         const prediction = network(state.x, at.timestep)
 *         state = advance(state, { prediction, noise }, scalars(coefficients), thresholding)
 *       }
 *       // Here x has the noise level `to`, and may be replaced by something else of that level (inpainting).
 *     }
 */
import { UserError } from "../../base/user-error.ts"
import { type End, type Level, type Transition, transitionsOf } from "./level.ts"
import { type Conversion, type Prediction, sampleFrom } from "./prediction.ts"
import { type Sampler, updatesOf } from "./samplers.ts"
import type { Update } from "./update.ts"

/** How an answer becomes an estimate of the clean sample, and that the next x. */
export type Coefficients<N> = Conversion<N> & Update<N>

/** One question to the network. */
export interface Evaluation {
  /** The noise level of x when the network is asked about it, and so the timestep that the network is told. */
  readonly at: Level
  /** Whether noise is drawn. Where it is false, `coefficients.deviation` is 0. */
  readonly drawsNoise: boolean
  readonly coefficients: Coefficients<number>
}

/** One step, with at least one evaluation. Between evaluations of one step x is a point on the way: leave it as it is. */
export interface SamplingStep extends Transition {
  readonly evaluations: ReadonlyArray<Evaluation>
}

export interface SamplingPlan {
  readonly steps: ReadonlyArray<SamplingStep>
  /** How often the network is asked in all. */
  readonly evaluations: number
  /** Whether any evaluation draws noise. */
  readonly drawsNoise: boolean
  /** Whether the network's second output says the variance. */
  readonly learnedVariance: boolean
  /** Whether the state has a memory. */
  readonly memory: boolean
}

/**
 * @param alphaBar ᾱ of each timestep of the schedule, float64
 * @param timesteps falling; without those at the front, sampling begins at a lower noise level
 * @param prediction what the network outputs
 * @throws UserError when a timestep has too little signal or noise to compute with
 * @throws RangeError when the timesteps do not fall or are not of the schedule
 */
export const planSampling = ({
  alphaBar,
  end,
  prediction,
  sampler,
  timesteps
}: {
  readonly alphaBar: ReadonlyArray<number>
  readonly timesteps: ReadonlyArray<number>
  readonly end: End
  readonly prediction: Prediction
  readonly sampler: Sampler
}): SamplingPlan => {
  const transitions = transitionsOf(alphaBar, timesteps, end)
  const updates = updatesOf(sampler, transitions)
  const steps = transitions.map(({ from, to }, i) => ({
    from,
    to,
    evaluations: updates[i]!.map((update, which) =>
      evaluation(which === 0 ? from : to, prediction, update)
    )
  }))
  const all = steps.flatMap(({ evaluations }) => evaluations)
  return {
    steps,
    evaluations: all.length,
    drawsNoise: all.some(({ drawsNoise }) => drawsNoise),
    learnedVariance: sampler.kind === "ddpm" && sampler.variance === "learned-range",
    memory: all.some(({ coefficients }) => coefficients.memoryShare !== 0)
  }
}

const evaluation = (at: Level, prediction: Prediction, update: Update<number>): Evaluation => {
  const coefficients = { ...sampleFrom(prediction, at.alphaBar), ...update }
  if (Object.values(coefficients).some((value) => !Number.isFinite(Math.fround(value)))) {
    throw new UserError(
      `timestep ${at.timestep} cannot be stepped from: its ᾱ of ${at.alphaBar} is too near to 0, to 1, or to that of another step`,
      { hint: "leave this timestep out, or use a schedule whose ᾱ falls at each timestep" }
    )
  }
  return { at, drawsNoise: update.deviation !== 0, coefficients }
}
