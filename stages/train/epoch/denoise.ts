/** One epoch of `train/denoise`. */
import * as Schema from "effect/Schema"
import { defineStage, port } from "#src/stage.ts"
import { epochInputs, epochOutputs, runEpoch } from "#src/training/epoch-stage.ts"
import { denoiseParams, denoiseSettings } from "#src/training/objectives/denoise-params.ts"
import { denoise } from "#src/training/objectives/denoise.ts"
import { epochParams } from "#src/training/stage-params.ts"

export default defineStage({
  summary: "One epoch of training a denoiser.",
  params: Schema.Struct({ ...denoiseParams, ...epochParams }),
  inputs: {
    model: port("Model[H,W,C,0] in R given nothing", { description: "The network to go on with." }),
    ...epochInputs
  },
  outputs: {
    model: port("Model[H,W,C,0] in R given nothing of sample", {
      description: "The network after the epoch."
    }),
    averaged: port("Model[H,W,C,0] in R given nothing of sample", {
      description: "The same with averaged weights, where they are averaged."
    }),
    ...epochOutputs
  },
  internal: true,
  example: `epoch:
  uses: train/epoch/denoise
  in: { model: network.model, dataset: digits.dataset }
  with: { epoch: 1, batchSize: 256, learningRate: 1e-4, optimizer: { kind: adam }, seed: 180 }
`,
  run: (context) => {
    const { inputs, params } = context
    return runEpoch(denoise(inputs.model, denoiseSettings(params)), context)
  }
})
