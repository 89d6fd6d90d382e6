/** One epoch of `train/flow-matching`. */
import * as Schema from "effect/Schema"
import { defineStage, port } from "#src/stage.ts"
import { epochInputs, epochOutputs, runEpoch } from "#src/training/epoch-stage.ts"
import { conditioningParams } from "#src/training/objectives/conditioning-params.ts"
import { flowMatching } from "#src/training/objectives/flow-matching.ts"
import { epochParams } from "#src/training/stage-params.ts"

export default defineStage({
  summary: "One epoch of training a flow.",
  params: Schema.Struct({ ...conditioningParams, ...epochParams }),
  inputs: {
    model: port("Model[H,W,C,K] in R given time", { description: "The network to go on with." }),
    ...epochInputs
  },
  outputs: {
    model: port("Model[H,W,C,K] in R given time of velocity", {
      description: "The network after the epoch."
    }),
    averaged: port("Model[H,W,C,K] in R given time of velocity", {
      description: "The same with averaged weights, where they are averaged."
    }),
    ...epochOutputs
  },
  internal: true,
  example: `epoch:
  uses: train/epoch/flow-matching
  in: { model: network.model, dataset: digits.dataset }
  with: { epoch: 1, batchSize: 64, learningRate: 1e-2, optimizer: { kind: adam }, seed: 180 }
`,
  run: (context) => runEpoch(flowMatching(context.inputs.model, context.params), context)
})
