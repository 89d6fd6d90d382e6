/** One epoch of `train/classifier`. */
import * as Schema from "effect/Schema"
import { defineStage, port } from "#src/stage.ts"
import { epochInputs, epochOutputs, runEpoch } from "#src/training/epoch-stage.ts"
import { classifyParams } from "#src/training/objectives/classify-params.ts"
import { classify } from "#src/training/objectives/classify.ts"
import { epochParams } from "#src/training/stage-params.ts"

export default defineStage({
  summary: "One epoch of training a classifier.",
  params: Schema.Struct({ ...classifyParams, ...epochParams }),
  inputs: {
    model: port("Model[H,W,C,K] in R given nothing", { description: "The network to go on with." }),
    ...epochInputs
  },
  outputs: {
    model: port("Model[H,W,C,K] in R given nothing of logits", {
      description: "The network after the epoch."
    }),
    averaged: port("Model[H,W,C,K] in R given nothing of logits", {
      description: "The same with averaged weights, where they are averaged."
    }),
    ...epochOutputs
  },
  internal: true,
  example: `epoch:
  uses: train/epoch/classifier
  in: { model: network.model, dataset: digits.dataset }
  with: { epoch: 1, batchSize: 64, learningRate: 1e-3, optimizer: { kind: adam }, seed: 180 }
`,
  run: (context) => runEpoch(classify(context.inputs.model, context.params), context)
})
