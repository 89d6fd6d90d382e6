/** Training a flow from noise to images. */
import * as Schema from "effect/Schema"
import { defineStage, port } from "#src/stage.ts"
import { conditioningParams } from "#src/training/objectives/conditioning-params.ts"
import { trainingParams } from "#src/training/stage-params.ts"
import {
  evaluation,
  trainingInputs,
  trainingIssues,
  trainingMetrics,
  trainingParts,
  trainingResult
} from "#src/training/stage-parts.ts"

const uses = "train/epoch/flow-matching"

export default defineStage({
  summary:
    "Trains a network to predict the velocity from noise to an image along a straight line, told the time and, if it has classes, the class.",
  source:
    "Lipman et al. 2023 (arXiv:2210.02747), equation 23 with σ_min = 0: x_t = (1-t) x₀ + t x₁, the mean of ‖(x₁ - x₀) - u(x_t, t)‖²; classes dropped as in Ho & Salimans 2022 (arXiv:2207.12598)",
  params: Schema.Struct({ ...conditioningParams, ...trainingParams }),
  inputs: {
    model: port("Model[H,W,C,K] in R given time", {
      description: "The network to train: a U-Net with a time, and classes if it is to know them."
    }),
    ...trainingInputs,
    models: port("Model[H,W,C,K] in R given time of velocity", {
      description: "The network after each epoch.",
      many: true,
      fromParts: true
    })
  },
  outputs: {
    model: port("Model[H,W,C,K] in R given time of velocity", {
      description: "The trained network; with averaged weights if `emaDecay` is given."
    }),
    checkpoints: port("Models[E,H,W,C,K] in R given time of velocity", {
      description: "The same after each epoch: `epoch 1` and so on."
    }),
    ...trainingMetrics
  },
  bind: ({ epochs }) => ({ E: epochs }),
  check: trainingIssues,
  partTypes: [uses, evaluation],
  parts: (params, known) =>
    trainingParts(params, known, {
      uses,
      objective: { unconditional: params.unconditional },
      evaluate: { kind: "flow-matching" }
    }),
  example: `train:
  uses: train/flow-matching
  in: { model: network.model, dataset: digits.train }
  with:
    epochs: 10
    learningRate: { kind: exponential, initial: 1e-2, factorOverRun: 0.1 }
    seed: 180
`,
  run: ({ inputs }) => trainingResult(inputs)
})
