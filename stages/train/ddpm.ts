/** Training a denoising diffusion model. */
import * as Schema from "effect/Schema"
import {
  linearScheduleIssues,
  linearScheduleParams,
  linearScheduleSettings
} from "#src/diffusion/linear-schedule-params.ts"
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

const uses = "train/epoch/ddpm"

export default defineStage({
  summary:
    "Trains a network to predict the noise in an image at a timestep of a diffusion process, told t/T and, if it has classes, the class.",
  source:
    "Ho, Jain & Abbeel 2020 (arXiv:2006.11239), equation 14; classes dropped as in Ho & Salimans 2022 (arXiv:2207.12598)",
  params: Schema.Struct({ ...linearScheduleParams, ...conditioningParams, ...trainingParams }),
  inputs: {
    model: port("Model[H,W,C,K] in R given G", {
      description:
        "The network to train: a U-Net with a time, and classes if it is to know them; one that enlarges is shown smaller versions of the images."
    }),
    schedule: port("NoiseSchedule[T] towards noise", {
      description: "The process, in place of timesteps, betaStart and betaEnd.",
      optional: true
    }),
    ...trainingInputs,
    models: port("Model[H,W,C,K] in R given G of epsilon", {
      description: "The network after each epoch.",
      many: true,
      fromParts: true
    })
  },
  outputs: {
    model: port("Model[H,W,C,K] in R given G of epsilon", {
      description:
        "The trained network, which knows its schedule; with averaged weights if `emaDecay` is given."
    }),
    checkpoints: port("Models[E,H,W,C,K] in R given G of epsilon", {
      description: "The same after each epoch: `epoch 1` and so on."
    }),
    ...trainingMetrics
  },
  bind: ({ epochs }) => ({ E: epochs }),
  check: (params, known) => [
    ...(known.attributes["G"] === "nothing"
      ? [
          {
            path: [],
            message:
              "the network is not told the time, by which alone it can tell how much noise there is",
            hint: "give model/unet `time: add`"
          }
        ]
      : []),
    ...(known.connected["schedule"] ? linearScheduleIssues(params) : []),
    ...trainingIssues(params, known)
  ],
  partTypes: [uses, evaluation],
  parts: (params, known) =>
    trainingParts(params, known, {
      uses,
      objective: {
        ...(known.connected["schedule"] ? {} : linearScheduleSettings(params)),
        unconditional: params.unconditional
      },
      evaluate: { kind: "ddpm" },
      inputs: ["schedule"]
    }),
  example: `train:
  uses: train/ddpm
  in: { model: network.model, dataset: digits.train }
  with: { timesteps: 300, epochs: 20, batchSize: 128, learningRate: 1e-3, seed: 180 }
`,
  run: ({ inputs }) => trainingResult(inputs)
})
