/** Predicting the noise at a random timestep of a discrete diffusion process. */
import type { Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { unetOf } from "../../models/model-value.ts"
import type { Model } from "../../values/values.ts"
import { meanSquaredError } from "../mean-squared-error.ts"
import { networkTime } from "../network-time.ts"
import { conditioning } from "./class-vectors.ts"
import type { Objective } from "./objective.ts"

export interface DdpmSettings {
  readonly schedule: NonNullable<Model["schedule"]>
  /** The probability with which an image's class is dropped in training. */
  readonly unconditional: number
}

/**
 * The mean squared error of the network's ε at `√ᾱ_t x + √(1 - ᾱ_t) ε`, told `t / T`, with t drawn evenly for each image.
 *
 * Ho, Jain & Abbeel 2020 (arXiv:2006.11239), equation 14.
 */
export const ddpm = (model: Model, { schedule, unconditional }: DdpmSettings): Objective => {
  const network = unetOf(model)
  const { alphaBar } = schedule
  return {
    name: "ddpm",
    network,
    facts: { prediction: "epsilon", schedule },
    inputs: (batch, mode) => {
      const { images, shape } = batch
      const [count, height, width, channels] = shape
      const timesteps = Array.from(batch.uniform("time", 1), (u) => Math.floor(u * alphaBar.length))
      const each = (value: (timestep: number) => number, rest: ReadonlyArray<number>) => ({
        shape: [count, ...rest],
        values: Float32Array.from(timesteps, value)
      })
      return {
        images: { shape, values: images },
        noise: { shape, values: batch.normal("noise", height * width * channels) },
        signal: each((t) => Math.sqrt(alphaBar[t]!), [1, 1, 1]),
        deviation: each((t) => Math.sqrt(1 - alphaBar[t]!), [1, 1, 1]),
        time: each((t) => networkTime(t, alphaBar.length), []),
        ...conditioning(batch, network.config.classes, unconditional, mode)
      }
    },
    loss: (state, { classes, deviation, images, noise, signal, time }, { training }) => {
      const xt = tf.add<Tensor4D>(tf.mul(images!, signal!), tf.mul(noise!, deviation!))
      const { output, statistics } = network.forward(state, xt, {
        training,
        ...(network.config.time === "none" ? {} : { time: time as Tensor1D }),
        ...(classes === undefined ? {} : { classes: classes as Tensor2D })
      })
      return { loss: meanSquaredError(output, noise!), statistics }
    }
  }
}
