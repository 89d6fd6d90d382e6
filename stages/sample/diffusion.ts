/** Sampling from noise with any estimator. */
import { countParam, steppingParams } from "#src/diffusion/sampling/estimator-params.ts"
import { planFor, scheduleOf, timestepsFor } from "#src/diffusion/sampling/estimator-plan.ts"
import { steppingIssues } from "#src/diffusion/sampling/stepping-issues.ts"
import { sampleEstimator, withEstimator } from "#src/diffusion/sampling/sample-estimator.ts"
import { rangeOf } from "#src/values/estimator-tree.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "Samples by an estimator: from noise, step by step, to images.",
  source:
    "DDPM: Ho, Jain & Abbeel 2020 (arXiv:2006.11239); DDIM: Song et al. 2021 (arXiv:2010.02502); Euler and Heun: Karras et al. 2022 (arXiv:2206.00364); DPM-Solver++(2M): Lu et al. 2022 (arXiv:2211.01095)",
  params: Schema.Struct({ count: countParam, ...steppingParams }),
  inputs: {
    estimator: port("Estimator[H,W,C] in R", {
      description: "What is wanted, as estimate/… describe it."
    }),
    schedule: port("NoiseSchedule[T] towards noise", {
      description: "Absent: the one that the estimator's network was trained with.",
      optional: true
    })
  },
  outputs: {
    images: port("Images[N,H,W,C] in R", {
      description: "The samples. Values outside of the pixel range stay; pictures clip them."
    }),
    trajectory: port("Images[F,H,W,C] in R", {
      description:
        "Of each sample, one after another, its states from the noise on, labelled by timestep."
    })
  },
  check: steppingIssues,
  bind: ({ count, frames }) => ({ N: count, F: count * frames }),
  example: `samples:
  uses: sample/diffusion
  in: { estimator: guided.estimator }
  with: { count: 5, timesteps: { kind: strided, from: 990, stride: 30 }, seed: 180 }
`,
  run: ({ inputs: { estimator, schedule }, params, progress, signal }) =>
    withEstimator(estimator, async (prepared) => {
      const alphaBar = scheduleOf(prepared, schedule)
      const plan = planFor(params, prepared, alphaBar, timestepsFor(params, alphaBar))
      const labels = Array.from({ length: params.count }, () => "")
      const settings = { plan }
      return sampleEstimator(prepared, rangeOf(estimator), params, settings, labels, {
        progress,
        signal
      })
    })
})
