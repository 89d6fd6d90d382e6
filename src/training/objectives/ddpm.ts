/** Predicting the noise at a random timestep of a discrete diffusion process. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { anyUnetOf } from "../../models/model-value.ts"
import { atFullSize, shrunk } from "../../models/small-images.ts"
import type { Model } from "../../values/values.ts"
import { meanSquaredError } from "../mean-squared-error.ts"
import { networkTime } from "../network-time.ts"
import { conditioning } from "./class-vectors.ts"
import type { Batch, Input, Objective } from "./objective.ts"

export interface DdpmSettings {
  readonly schedule: NonNullable<Model["schedule"]>
  /** The probability with which an image's class is dropped in training. */
  readonly unconditional: number
}

/**
 * The mean squared error of the network's ε at `√ᾱ_t x + √(1 - ᾱ_t) ε`, told `t / T`, with t drawn evenly for each image.
 *
 * Ho, Jain & Abbeel 2020 (arXiv:2006.11239), equation 14.
 *
 * A network that enlarges is shown the image made smaller by averaging, then full size again, with noise of a timestep drawn in the
 * same way: Ho et al. 2022 (arXiv:2106.15282), section 4.2, and Saharia et al. 2022 (arXiv:2205.11487), section 2.3.
 */
export const ddpm = (model: Model, { schedule, unconditional }: DdpmSettings): Objective => {
  const network = anyUnetOf(model)
  const { classes: classCount, enlarges, time: conditioned } = network.config
  const { alphaBar } = schedule
  return {
    name: "ddpm",
    network,
    facts: { prediction: "epsilon", schedule },
    inputs: (batch, mode) => {
      const { images, shape } = batch
      const own = noiseInputs(batch, alphaBar, { noise: "noise", time: "time" })
      const small =
        enlarges === undefined
          ? undefined
          : noiseInputs(batch, alphaBar, { noise: "small image noise", time: "noise level" })
      return {
        images: { shape, values: images },
        ...own,
        ...(small === undefined
          ? {}
          : {
              smallNoise: small.noise,
              smallSignal: small.signal,
              smallDeviation: small.deviation,
              noiseLevel: small.time
            }),
        ...conditioning(batch, classCount, unconditional, mode)
      }
    },
    loss: (state, inputs, { training }) => {
      const { classes, deviation, images, noise, signal, time } = inputs
      const clean = images as Tensor4D
      const { output, statistics } = network.forward(
        state,
        noised(clean, noise, signal, deviation),
        {
          training,
          ...(conditioned === "none" ? {} : { time: time as Tensor1D }),
          ...(classes === undefined ? {} : { classes: classes as Tensor2D }),
          ...(enlarges === undefined
            ? {}
            : {
                small: {
                  images: noised(
                    shrunkAndEnlarged(clean, enlarges),
                    inputs["smallNoise"],
                    inputs["smallSignal"],
                    inputs["smallDeviation"]
                  ),
                  noiseLevel: inputs["noiseLevel"] as Tensor1D
                }
              })
        }
      )
      return { loss: meanSquaredError(output, noise!), statistics }
    }
  }
}

/** Noise for each image, and what is made of the timestep that is drawn for it. */
const noiseInputs = (
  batch: Batch,
  alphaBar: ReadonlyArray<number>,
  streams: { readonly noise: string; readonly time: string }
) => {
  const [count, height, width, channels] = batch.shape
  const timesteps = Array.from(batch.uniform(streams.time, 1), (u) =>
    Math.floor(u * alphaBar.length)
  )
  const each = (value: (timestep: number) => number, rest: ReadonlyArray<number>): Input => ({
    shape: [count, ...rest],
    values: Float32Array.from(timesteps, value)
  })
  return {
    noise: { shape: batch.shape, values: batch.normal(streams.noise, height * width * channels) },
    signal: each((t) => Math.sqrt(alphaBar[t]!), [1, 1, 1]),
    deviation: each((t) => Math.sqrt(1 - alphaBar[t]!), [1, 1, 1]),
    time: each((t) => networkTime(t, alphaBar.length), [])
  }
}

const noised = (
  images: Tensor4D,
  noise: Tensor | undefined,
  signal: Tensor | undefined,
  deviation: Tensor | undefined
): Tensor4D => tf.add<Tensor4D>(tf.mul(images, signal!), tf.mul(noise!, deviation!))

const shrunkAndEnlarged = (images: Tensor4D, factor: number): Tensor4D => {
  const [, height, width] = images.shape
  return atFullSize(shrunk(images, factor), [height, width])
}
