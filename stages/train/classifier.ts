/** Training a classifier, to judge generated images by. */
import * as Schema from "effect/Schema"
import { defineStage, port } from "#src/stage.ts"
import { classifyParams } from "#src/training/objectives/classify-params.ts"
import { trainingParams } from "#src/training/stage-params.ts"
import {
  evaluation,
  trainingInputs,
  trainingIssues,
  trainingMetrics,
  trainingParts,
  trainingResult
} from "#src/training/stage-parts.ts"

const uses = "train/epoch/classifier"

export default defineStage({
  summary: "Trains a network to tell the classes of images apart.",
  source: "The mean cross-entropy of the softmax, as PyTorch's `CrossEntropyLoss`",
  params: Schema.Struct({ ...classifyParams, ...trainingParams }),
  inputs: {
    model: port("Model[H,W,C,K] in R given nothing", {
      description: "The classifier to train, with as many classes as the images have."
    }),
    ...trainingInputs,
    models: port("Model[H,W,C,K] in R given nothing of logits", {
      description: "The classifier after each epoch.",
      many: true,
      fromParts: true
    })
  },
  outputs: {
    model: port("Model[H,W,C,K] in R given nothing of logits", {
      description: "The trained classifier; with averaged weights if `emaDecay` is given."
    }),
    checkpoints: port("Models[E,H,W,C,K] in R given nothing of logits", {
      description: "The same after each epoch: `epoch 1` and so on."
    }),
    ...trainingMetrics
  },
  bind: ({ epochs }) => ({ E: epochs }),
  check: (params, known) => [
    ...(known.dims["K"] === 0
      ? [
          {
            path: [],
            message: "the model has no classes, so it is no classifier",
            hint: "connect a model of model/classifier"
          }
        ]
      : []),
    ...trainingIssues(params, known)
  ],
  partTypes: [uses, evaluation],
  parts: (params, known) =>
    trainingParts(params, known, {
      uses,
      objective: { shift: params.shift },
      evaluate: { kind: "classify" }
    }),
  example: `judge:
  uses: train/classifier
  in: { model: classifier.model, dataset: digits.train, test: digits.test }
  with: { epochs: 3, shift: 2, seed: 180 }
`,
  run: ({ inputs }) => trainingResult(inputs)
})
