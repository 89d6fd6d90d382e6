/** Flow matching, with or without classes. */
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { unetOf } from "../../models/model-value.ts"
import type { Model } from "../../values/values.ts"
import { flowMatchingLoss } from "../flow-matching.ts"
import { conditioning } from "./class-vectors.ts"
import type { Objective } from "./objective.ts"

export interface FlowMatchingSettings {
  /** The probability with which an image's class is dropped in training. */
  readonly unconditional: number
}

/** The loss of `flow-matching.ts` at noise from N(0, I) and times from U[0, 1), drawn for each image. */
export const flowMatching = (model: Model, { unconditional }: FlowMatchingSettings): Objective => {
  const network = unetOf(model)
  return {
    name: "flow matching",
    network,
    facts: { prediction: "velocity" },
    inputs: (batch, mode) => {
      const { images, shape } = batch
      const [count, height, width, channels] = shape
      return {
        x0: { shape, values: batch.normal("noise", height * width * channels) },
        x1: { shape, values: images },
        time: { shape: [count], values: batch.uniform("time", 1) },
        ...conditioning(batch, network.config.classes, unconditional, mode)
      }
    },
    loss: (state, { classes, time, x0, x1 }, mode) =>
      flowMatchingLoss(
        network,
        state,
        {
          x0: x0 as Tensor4D,
          x1: x1 as Tensor4D,
          time: time as Tensor1D,
          ...(classes === undefined ? {} : { classes: classes as Tensor2D })
        },
        mode
      )
  }
}
