/** A model of a few numbers: no real network, but all that a value needs. */
import type { Dataset, Model, TrainingState } from "../../src/values/values.ts"

export const smallModel = (first = 1): Model => ({
  type: "Model",
  architecture: {
    kind: "unet",
    channels: 4,
    imageSize: 28,
    imageChannels: 1,
    time: "multiply",
    classes: 10
  },
  range: "[0,1]",
  prediction: "velocity",
  weights: {
    "z.weight": { shape: [2, 2], data: Float32Array.of(first, 2, 3, 4) },
    "norm.running_mean": { shape: [2], data: Float32Array.of(0.5, 0.25) },
    "norm.num_batches_tracked": { shape: [], data: BigInt64Array.of(7n) },
    "a.bias": { shape: [1], data: Float32Array.of(9) }
  }
})

export const smallDataset: Dataset = {
  type: "Dataset",
  name: "digits",
  shape: [3, 1, 2, 1],
  range: "[0,1]",
  data: Uint8Array.of(0, 51, 102, 153, 204, 255),
  classes: ["zero", "one"],
  labels: Int32Array.of(1, 0, 1)
}

export const smallState: TrainingState = {
  type: "TrainingState",
  epoch: 2,
  step: 30,
  tensors: { "m.a": { shape: [2], data: Float32Array.of(1, 2) } }
}
