/** Recovering an image from a noisy one. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { unetOf } from "../../models/model-value.ts"
import type { Model } from "../../values/values.ts"
import { meanSquaredError } from "../mean-squared-error.ts"
import type { Objective } from "./objective.ts"

export interface DenoiseSettings {
  /** What the network is shown: the noisy image, or noise that has nothing to do with the image. */
  readonly from: "image" | "noise"
  /** σ of the noise, or the range from which each image's is drawn evenly. */
  readonly sigma: number | readonly [lowest: number, highest: number]
}

/**
 * The mean squared error of the network's `D(x + σ ε)` against x; or of `D(ε)`, whose optimum is the mean image.
 *
 * Vincent, Larochelle, Bengio & Manzagol 2008 (ICML), and Karras et al. 2022 (arXiv:2206.00364), equation 2, with a network
 * that is not told σ.
 */
export const denoise = (model: Model, { from, sigma }: DenoiseSettings): Objective => {
  const network = unetOf(model)
  return {
    name: `denoise from ${from}`,
    network,
    facts: { prediction: "sample" },
    inputs: (batch) => {
      const { images, shape } = batch
      const [count, height, width, channels] = shape
      const noise = batch.normal("noise", height * width * channels)
      const given = { images: { shape, values: images }, noise: { shape, values: noise } }
      if (from === "noise") return given
      const [lowest, highest] = typeof sigma === "number" ? [sigma, sigma] : sigma
      const sigmas =
        lowest === highest
          ? new Float32Array(count).fill(lowest)
          : batch.uniform("sigma", 1).map((u) => lowest + (highest - lowest) * u)
      return { ...given, sigma: { shape: [count, 1, 1, 1], values: sigmas } }
    },
    loss: (state, { images, noise, sigma }, { training }) => {
      const shown = sigma === undefined ? noise! : tf.add<Tensor4D>(images!, tf.mul(noise!, sigma))
      const { output, statistics } = network.forward(state, shown as Tensor4D, { training })
      return { loss: meanSquaredError(output, images!), statistics }
    }
  }
}
