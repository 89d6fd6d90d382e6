/** From the parameters of a stage to the way that its samples go. */
import { UserError } from "../../base/user-error.ts"
import type { NoiseSchedule, PixelRange } from "../../values/values.ts"
import type { PreparedEstimator } from "../estimators/prepare-estimator.ts"
import { planSampling, type SamplingPlan } from "../stepping/plan.ts"
import type { Sampler } from "../stepping/samplers.ts"
import type { Thresholding } from "../stepping/thresholding.ts"
import { timestepsIssues, timestepsOf } from "../stepping/timesteps.ts"
import { thresholdingIssues } from "./stepping-issues.ts"
import type { SteppingParams } from "./estimator-params.ts"

/**
 * ᾱ of each timestep.
 *
 * @throws UserError when neither the estimator nor the stage has a schedule, or the estimator's networks have different ones
 */
export const scheduleOf = (
  estimator: PreparedEstimator,
  schedule: NoiseSchedule | undefined
): ReadonlyArray<number> => {
  const [own, ...others] = estimator.schedules
  const found = schedule?.alphaBar ?? own
  if (schedule === undefined && others.length > 0) {
    throw new UserError(
      "the estimator's networks were trained with different schedules, so a timestep is another noise level for each",
      { hint: "connect the schedule that timesteps are to be of to the input `schedule`" }
    )
  }
  if (found !== undefined) return found
  throw new UserError(
    "the estimator's network has no timesteps: it was trained with flow matching",
    {
      hint: "connect a schedule, such as schedule/cosine, to the input `schedule`"
    }
  )
}

/** @throws UserError when the timesteps are not of the schedule */
export const timestepsFor = (
  { timesteps }: Pick<SteppingParams, "timesteps">,
  alphaBar: ReadonlyArray<number>
): ReadonlyArray<number> => {
  const [issue] = timestepsIssues(timesteps, alphaBar.length)
  if (issue !== undefined) throw new UserError(issue.message, { hint: issue.hint })
  return timestepsOf(timesteps, alphaBar.length)
}

/**
 * @param timesteps those to go through, falling
 * @throws UserError when the network has learned no variance and one is asked for
 */
export const planFor = (
  { end, sampler }: Pick<SteppingParams, "end" | "sampler">,
  estimator: PreparedEstimator,
  alphaBar: ReadonlyArray<number>,
  timesteps: ReadonlyArray<number>
): SamplingPlan =>
  planSampling({
    alphaBar,
    timesteps,
    end,
    prediction: estimator.prediction,
    sampler: samplerOf(sampler, estimator)
  })

const samplerOf = (
  asked: SteppingParams["sampler"],
  { learnsVariance }: PreparedEstimator
): Sampler => {
  if (asked === "ddpm") {
    return { kind: "ddpm", variance: learnsVariance ? "learned-range" : "fixed-large" }
  }
  if (asked === "ddim") return { kind: "ddim", eta: 0 }
  if (typeof asked === "string") return { kind: asked }
  if (asked.kind === "ddpm" && asked.variance === "learned-range" && !learnsVariance) {
    throw new UserError("the estimator's network has learned no variance", {
      hint: "use the variance fixed-small or fixed-large"
    })
  }
  return asked
}

/** @throws UserError for dynamic thresholding of pixels that are not in [-1, 1] */
export const thresholdingFor = (
  asked: SteppingParams["thresholding"],
  range: PixelRange
): Thresholding => {
  if (asked === "none") return { kind: "none" }
  if (asked === "clip") return { kind: "clip", minimum: range === "[0,1]" ? 0 : -1, maximum: 1 }
  const [issue] = thresholdingIssues(asked, range)
  if (issue !== undefined) throw new UserError(issue.message, { hint: issue.hint })
  return asked
}
