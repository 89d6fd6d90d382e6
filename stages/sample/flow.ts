/** Sampling from a network that was trained with flow matching. */
import { checkpointCount } from "#src/diffusion/checkpoints.ts"
import { flowStep } from "#src/diffusion/sampling/flow/flow-step.ts"
import { sampleModels } from "#src/diffusion/sampling/sample-models.ts"
import { sampleCount, sampleIssues, sampleParams } from "#src/diffusion/sampling/sample-params.ts"
import { solverNames } from "#src/diffusion/sampling/flow/solvers.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "Samples from a flow-matching model: from noise along its velocity to images.",
  source:
    "Lipman et al. 2023 (arXiv:2210.02747); Euler's method x ← x + u(x, k/n)/n, k = 0 … n - 1, as in Berkeley CS180 project 5; classifier-free guidance: Ho & Salimans 2022 (arXiv:2207.12598)",
  params: Schema.Struct({
    ...sampleParams,
    steps: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))
      .annotate({
        description:
          "How many steps n from time 0 to 1; heun and midpoint take two evaluations each.",
        unit: "steps"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(50))),
    solver: Schema.Literals(solverNames)
      .annotate({ description: "euler is of first order, heun and midpoint of second." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("euler" as const)))
  }),
  inputs: {
    model: port("Models[M,H,W,C,K] in R given time of velocity", {
      description: "The trained model, or several checkpoints, which start from the same noise."
    })
  },
  outputs: {
    images: port("Images[N,H,W,C] in R", {
      description:
        "The samples, checkpoint by checkpoint and class by class, labelled by both. Values outside of the pixel range stay; pictures clip them."
    }),
    trajectory: port("Images[F,H,W,C] in R", {
      description: "Of each sample, one after another, its states from the noise on."
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
  check: (params, { dims: { K } }) => sampleIssues(params, K, params.steps),
  example: `samples:
  uses: sample/flow
  in: { model: train.checkpoints }
  with: { classes: all, perClass: 4, guidance: 5, steps: 300, checkpoints: [1, 5, 10], seed: 180 }
`,
  run: async ({ inputs: { model }, params, progress, signal }) => {
    const { solver, steps } = params
    return sampleModels(
      model,
      params,
      (network) => {
        const advance = flowStep(network, solver)
        return {
          steps,
          stateLabel: (done) => `t=${Number((done / steps).toFixed(3))}`,
          step: (state, x, conditioning, step) => advance(state, x, conditioning, step, steps)
        }
      },
      { progress, signal }
    )
  }
})
