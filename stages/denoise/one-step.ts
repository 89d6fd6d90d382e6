/** The clean image in one step. */
import { UserError } from "#src/base/user-error.ts"
import { steppingParams } from "#src/diffusion/sampling/estimator-params.ts"
import { scheduleOf, thresholdingFor } from "#src/diffusion/sampling/estimator-plan.ts"
import { estimateOnce } from "#src/diffusion/sampling/estimate-once.ts"
import { withEstimator } from "#src/diffusion/sampling/sample-estimator.ts"
import { rangeOf } from "#src/values/estimator-tree.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

const Timestep = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const { batchSize, thresholding } = steppingParams

export default defineStage({
  summary: "Estimates the clean image from a noisy one in a single step.",
  source: "Ho, Jain & Abbeel 2020 (arXiv:2006.11239), equation 15: x̂₀ = (x_t - √(1 - ᾱ_t) ε̂)/√ᾱ_t",
  params: Schema.Struct({
    timesteps: Schema.Union([
      Timestep,
      Schema.Array(Timestep).check(Schema.isMinLength(1))
    ]).annotate({
      description: "How noisy the images are: one timestep for all, or one for each in their order."
    }),
    thresholding,
    batchSize
  }),
  inputs: {
    images: port("Images[N,H,W,C] in R", { description: "Noisy images, as noise/add makes them." }),
    estimator: port("Estimator[H,W,C] in R", {
      description: "Of the noise, the clean image or the velocity."
    }),
    schedule: port("NoiseSchedule[T] towards noise", {
      description: "Absent: the one that the estimator's network was trained with.",
      optional: true
    })
  },
  outputs: {
    images: port("Images[N,H,W,C] in R", { description: "Estimates of the clean images." })
  },
  check: ({ timesteps }, { dims: { N } }) =>
    typeof timesteps === "number" || N === undefined || timesteps.length === N
      ? []
      : [
          {
            path: ["timesteps"],
            message: `${timesteps.length} timesteps are not for ${N} images`,
            hint: "give one for each image, or one for all"
          }
        ],
  example: `guess:
  uses: denoise/one-step
  in: { images: noisy.noisy, estimator: photo-like.estimator }
  with: { timesteps: [250, 500, 750] }
`,
  run: ({ inputs: { estimator, images, schedule }, params, progress, signal }) =>
    withEstimator(estimator, async (prepared) => {
      const alphaBar = scheduleOf(prepared, schedule)
      const timesteps =
        typeof params.timesteps === "number"
          ? Array.from({ length: images.shape[0] }, () => params.timesteps as number)
          : params.timesteps
      const beyond = timesteps.find((timestep) => timestep >= alphaBar.length)
      if (timesteps.length !== images.shape[0] || beyond !== undefined) {
        throw new UserError(
          beyond === undefined
            ? `${timesteps.length} timesteps are not for ${images.shape[0]} images`
            : `timestep ${beyond} is not one of 0 to ${alphaBar.length - 1}`,
          { hint: "give one timestep of the schedule for each image, or one for all" }
        )
      }
      const data = await estimateOnce(
        prepared,
        images,
        timesteps.map((timestep) => alphaBar[timestep]!),
        { ...params, thresholding: thresholdingFor(params.thresholding, rangeOf(estimator)) },
        { progress, signal }
      )
      return { images: { ...images, data } }
    })
})
