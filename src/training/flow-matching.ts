/** Flow matching along straight lines from noise to data. */
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import type { State } from "../models/parameters.ts"
import type { UNet } from "../models/unet/unet.ts"
import { meanSquaredError } from "./mean-squared-error.ts"

export interface FlowBatch {
  /** Noise, where the flow is at time 0. */
  readonly x0: Tensor4D
  /** Data, where it is at time 1. */
  readonly x1: Tensor4D
  /** `[N]`, in [0, 1] */
  readonly time: Tensor1D
  /** `[N,classes]`, one-hot or zeros, for a network with classes. */
  readonly classes?: Tensor2D
}

/**
 * The mean squared error of the network's velocity at `x_t = (1 - t) x0 + t x1` against `x1 - x0`.
 *
 * Lipman et al. 2023 (arXiv:2210.02747), equation 23 with σ_min = 0; Liu, Gong & Liu 2023 (arXiv:2209.03003), equation 1.
 *
 * @returns the loss, and the network's new running statistics when training, else none
 */
export const flowMatchingLoss = (
  network: UNet,
  state: State,
  { classes, time, x0, x1 }: FlowBatch,
  { training }: { readonly training: boolean } = { training: true }
): { readonly loss: Scalar; readonly statistics: State } => {
  const velocity = tf.sub<Tensor4D>(x1, x0)
  const xt = tf.add<Tensor4D>(x0, tf.mul(velocity, tf.reshape(time, [-1, 1, 1, 1])))
  const { output, statistics } = network.forward(state, xt, {
    training,
    ...(network.config.time === "none" ? {} : { time }),
    ...(classes === undefined ? {} : { classes })
  })
  return { loss: meanSquaredError(output, velocity), statistics }
}
