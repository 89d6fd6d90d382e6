/** One epoch of `train/ddpm`. */
import * as Schema from "effect/Schema"
import { linearSchedule, linearScheduleParams } from "#src/diffusion/linear-schedule-params.ts"
import { defineStage, port } from "#src/stage.ts"
import { epochInputs, epochOutputs, runEpoch } from "#src/training/epoch-stage.ts"
import { conditioningParams } from "#src/training/objectives/conditioning-params.ts"
import { ddpm } from "#src/training/objectives/ddpm.ts"
import { epochParams } from "#src/training/stage-params.ts"

export default defineStage({
  summary: "One epoch of training a denoising diffusion model.",
  params: Schema.Struct({ ...linearScheduleParams, ...conditioningParams, ...epochParams }),
  inputs: {
    model: port("Model[H,W,C,K] in R given G", { description: "The network to go on with." }),
    schedule: port("NoiseSchedule[T] towards noise", {
      description: "The process, in place of its parameters.",
      optional: true
    }),
    ...epochInputs
  },
  outputs: {
    model: port("Model[H,W,C,K] in R given G of epsilon", {
      description: "The network after the epoch."
    }),
    averaged: port("Model[H,W,C,K] in R given G of epsilon", {
      description: "The same with averaged weights, where they are averaged."
    }),
    ...epochOutputs
  },
  internal: true,
  example: `epoch:
  uses: train/epoch/ddpm
  in: { model: network.model, dataset: digits.dataset }
  with: { epoch: 1, batchSize: 128, learningRate: 1e-3, optimizer: { kind: adam }, seed: 180 }
`,
  run: (context) => {
    const { inputs, params } = context
    const { alphaBar, betas, kind } = inputs.schedule ?? linearSchedule(params)
    const { unconditional } = params
    return runEpoch(
      ddpm(inputs.model, { schedule: { kind, betas, alphaBar }, unconditional }),
      context
    )
  }
})
