/** Telling the classes of images apart. */
import type { Scalar, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { classifierOf } from "../../models/model-value.ts"
import type { Model } from "../../values/values.ts"
import { crossEntropy } from "../cross-entropy.ts"
import { shiftedImages } from "../shifted-images.ts"
import { classVectors } from "./class-vectors.ts"
import type { Objective } from "./objective.ts"

export interface ClassifySettings {
  /** In training each image is moved by up to so many pixels, drawn evenly for each direction; 0 for none. */
  readonly shift: number
}

/** The cross-entropy of the network's logits against the labels. */
export const classify = (model: Model, { shift }: ClassifySettings): Objective => {
  const network = classifierOf(model)
  return {
    name: "classify",
    network,
    facts: { prediction: "logits" },
    inputs: (batch, { training }) => {
      const { images, shape } = batch
      const shifts =
        training && shift > 0
          ? batch.uniform("shift", 2).map((u) => Math.floor(u * (2 * shift + 1)) - shift)
          : undefined
      const values = shifts === undefined ? images : shiftedImages(images, shape, shifts)
      return {
        images: { shape, values },
        labels: classVectors(batch, network.config.classes)
      }
    },
    loss: (state, { images, labels }, mode) => {
      const { logits, statistics } = network.forward(state, images as Tensor4D, mode)
      const targets = labels as Tensor2D
      const right = tf.equal(tf.argMax(logits, 1), tf.argMax(targets, 1))
      return {
        loss: crossEntropy(logits, targets),
        statistics,
        ...(mode.training ? {} : { accuracy: tf.mean<Scalar>(tf.cast(right, "float32")) })
      }
    }
  }
}
