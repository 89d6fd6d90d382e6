/** Training a denoiser: images out of noisy images, in one step. */
import * as Schema from "effect/Schema"
import { defineStage, port } from "#src/stage.ts"
import {
  denoiseIssues,
  denoiseParams,
  denoiseSettings
} from "#src/training/objectives/denoise-params.ts"
import { trainingParams } from "#src/training/stage-params.ts"
import {
  evaluation,
  trainingInputs,
  trainingIssues,
  trainingMetrics,
  trainingParts,
  trainingResult
} from "#src/training/stage-parts.ts"

const uses = "train/epoch/denoise"

export default defineStage({
  summary: "Trains a network to recover an image from a noisy one, in one step.",
  source:
    "Vincent et al. 2008 (ICML); the mean of ‖x - D(x + σ ε)‖² over all pixels; Berkeley CS180, project 5, part B",
  params: Schema.Struct({ ...denoiseParams, ...trainingParams }),
  inputs: {
    model: port("Model[H,W,C,0] in R given nothing", {
      description: "The network to train: a U-Net that is told neither time nor class."
    }),
    ...trainingInputs,
    models: port("Model[H,W,C,0] in R given nothing of sample", {
      description: "The network after each epoch.",
      many: true,
      fromParts: true
    })
  },
  outputs: {
    model: port("Model[H,W,C,0] in R given nothing of sample", {
      description: "The trained network; with averaged weights if `emaDecay` is given."
    }),
    checkpoints: port("Models[E,H,W,C,0] in R given nothing of sample", {
      description: "The same after each epoch: `epoch 1` and so on."
    }),
    ...trainingMetrics
  },
  bind: ({ epochs }) => ({ E: epochs }),
  check: (params, known) => [...denoiseIssues(params), ...trainingIssues(params, known)],
  partTypes: [uses, evaluation],
  parts: (params, known) => {
    const { from, sigma } = denoiseSettings(params)
    const objective = { from, ...(from === "noise" ? {} : { sigma }) }
    return trainingParts(params, known, {
      uses,
      objective,
      evaluate: { kind: "denoise", ...objective }
    })
  },
  example: `train:
  uses: train/denoise
  in: { model: network.model, dataset: digits.train, test: digits.test }
  with: { sigma: 0.5, epochs: 5, batchSize: 256, learningRate: 1e-4, seed: 180 }
`,
  run: ({ inputs }) => trainingResult(inputs)
})
