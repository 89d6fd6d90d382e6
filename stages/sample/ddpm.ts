/** Sampling from a network that was trained to predict the noise of a discrete diffusion process. */
import { UserError } from "#src/base/user-error.ts"
import { checkpointCount } from "#src/diffusion/checkpoints.ts"
import { ddpmStep } from "#src/diffusion/sampling/ddpm.ts"
import { noiseBatch } from "#src/diffusion/sampling/sample-batches.ts"
import { sampleModels } from "#src/diffusion/sampling/sample-models.ts"
import { sampleCount, sampleIssues, sampleParams } from "#src/diffusion/sampling/sample-params.ts"
import { planSampling } from "#src/diffusion/stepping/plan.ts"
import { fixedVariances } from "#src/diffusion/stepping/variance.ts"
import { defineStage, port } from "#src/stage.ts"
import { networkTime } from "#src/training/network-time.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Samples from a DDPM: from noise back through all timesteps of the schedule that the model was trained with.",
  source:
    "Ho, Jain & Abbeel 2020 (arXiv:2006.11239), algorithm 2, in the form of equations 6, 7 and 15: √ᾱ_{t-1} β_t/(1 - ᾱ_t) x̂₀ + √α_t (1 - ᾱ_{t-1})/(1 - ᾱ_t) x_t + σ_t z",
  params: Schema.Struct({
    ...sampleParams,
    variance: Schema.Literals(fixedVariances)
      .annotate({
        description:
          "σ² of the noise that a step adds: fixed-small is β̃_t = β_t (1 - ᾱ_{t-1})/(1 - ᾱ_t), fixed-large is β_t. The last step adds none. fixed-large is the default, since algorithm 2 of Berkeley CS180's project 5 adds √β_t z."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("fixed-large" as const)))
  }),
  inputs: {
    model: port("Models[M,H,W,C,K] in R given time of epsilon", {
      description: "The trained model, or several checkpoints, which start from the same noise."
    })
  },
  outputs: {
    images: port("Images[N,H,W,C] in R", {
      description:
        "The samples, checkpoint by checkpoint and class by class, labelled by both. Values outside of the pixel range stay; pictures clip them."
    }),
    trajectory: port("Images[F,H,W,C] in R", {
      description:
        "Of each sample, one after another, its states from the noise on, labelled by the timestep that comes next."
    }),
    classes: port("Tensor[N]", {
      description: "The class that each image was asked for, -1 for none."
    })
  },
  bind: (params, { dims: { K, M } }) => {
    const [samples, checkpoints] = [sampleCount(params, K), checkpointCount(params.checkpoints, M)]
    if (samples === undefined || checkpoints === undefined) return {}
    return { N: samples * checkpoints, F: samples * checkpoints * params.frames }
  },
  check: (params, { dims: { K } }) => sampleIssues(params, K, undefined),
  example: `samples:
  uses: sample/ddpm
  in: { model: train.checkpoints }
  with: { classes: all, perClass: 4, guidance: 5, checkpoints: [5, 20], seed: 180 }
`,
  run: async ({ inputs: { model }, params, progress, signal }) =>
    sampleModels(
      model,
      params,
      (network, { schedule }) => {
        if (schedule === undefined) {
          throw new UserError("the model has no schedule of timesteps to go back through", {
            hint: "connect a model that train/ddpm has trained; for flow matching use sample/flow"
          })
        }
        const steps = schedule.alphaBar.length
        const plan = planSampling({
          alphaBar: schedule.alphaBar,
          timesteps: Array.from({ length: steps }, (_, index) => steps - 1 - index),
          end: "clean",
          prediction: "epsilon",
          sampler: { kind: "ddpm", variance: params.variance }
        })
        const advance = ddpmStep(network)
        return {
          steps,
          stateLabel: (done) => (done === steps ? "sample" : `t=${steps - 1 - done}`),
          step: (state, x, conditioning, step, items) => {
            const { at, coefficients } = plan.steps[step]!.evaluations[0]!
            const [, height, width, channels] = x.shape
            // A stream a timestep: a sample's noise does not depend on how many samples there are.
            const noise = noiseBatch(params.seed, `step noise/t=${at.timestep}`, items, [
              height,
              width,
              channels
            ])
            const time = networkTime(at.timestep, steps)
            const next = advance(state, x, conditioning, time, noise, coefficients)
            noise.dispose()
            return next
          }
        }
      },
      { progress, signal }
    )
})
