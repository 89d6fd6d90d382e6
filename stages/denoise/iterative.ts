/** Iterative denoising of noisy images. */
import { givenImages } from "#src/diffusion/editing/given-images.ts"
import { steppingParams } from "#src/diffusion/sampling/estimator-params.ts"
import { planFor, scheduleOf, timestepsFor } from "#src/diffusion/sampling/estimator-plan.ts"
import { steppingIssues } from "#src/diffusion/sampling/stepping-issues.ts"
import { sampleEstimator, withEstimator } from "#src/diffusion/sampling/sample-estimator.ts"
import { rangeOf } from "#src/values/estimator-tree.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "Denoises images step by step, from the noise level that they have.",
  source:
    "Berkeley CS180 project 5, iterative denoising; Ho, Jain & Abbeel 2020 (arXiv:2006.11239), algorithm 2 over a list of timesteps",
  params: Schema.Struct({
    start: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
      .annotate({
        description:
          "Which of the timesteps the images are at, counted from 0: i_start of Berkeley CS180. The images have the noise of that timestep."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    ...steppingParams
  }),
  inputs: {
    images: port("Images[N,H,W,C] in R", {
      description: "Noisy images, all at the noise level of `start`."
    }),
    estimator: port("Estimator[H,W,C] in R", { description: "What they are denoised towards." }),
    schedule: port("NoiseSchedule[T] towards noise", {
      description: "Absent: the one that the estimator's network was trained with.",
      optional: true
    })
  },
  outputs: {
    images: port("Images[N,H,W,C] in R", { description: "The denoised images." }),
    trajectory: port("Images[F,H,W,C] in R", {
      description: "Of each image, one after another, its states, labelled by timestep."
    })
  },
  check: steppingIssues,
  bind: ({ frames }, { dims: { N } }) => (N === undefined ? {} : { F: N * frames }),
  example: `restored:
  uses: denoise/iterative
  in: { images: noisy.noisy, estimator: photo-like.estimator }
  with: { timesteps: { kind: strided, from: 990, stride: 30 }, start: 10, end: last-timestep, frames: 6 }
`,
  run: ({ inputs: { estimator, images, schedule }, params, progress, signal }) =>
    withEstimator(estimator, async (prepared) => {
      const alphaBar = scheduleOf(prepared, schedule)
      const all = timestepsFor(params, alphaBar)
      const plan = planFor(params, prepared, alphaBar, all.slice(params.start))
      const labels = images.labels ?? Array.from({ length: images.shape[0] }, () => "")
      return sampleEstimator(
        prepared,
        rangeOf(estimator),
        params,
        {
          plan,
          start: ({ items }) => givenImages(images, 1, items)
        },
        labels,
        { progress, signal }
      )
    })
})
