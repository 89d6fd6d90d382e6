/** A U-Net's estimate, with or without classes, with or without guidance. */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import type { State } from "../../models/parameters.ts"
import type { UNet } from "../../models/unet/unet.ts"
import type { Estimate } from "./estimate.ts"
import { guide } from "../guidance.ts"

/**
 * What the images of a batch are conditioned on beside the time. `classes` are `[N,K]`, one-hot.
 *
 * Strengths of 0 and 1 have forms of their own (`conditioningFor`): each needs only one of the two predictions.
 */
export type Conditioning =
  | { readonly kind: "unconditional" }
  | { readonly kind: "conditional"; readonly classes: Tensor2D }
  | { readonly kind: "guided"; readonly classes: Tensor2D; readonly gamma: Scalar }

/**
 * The cheapest conditioning that gives the guidance γ; its tensors belong to the caller.
 *
 * @param classes index of each image's class; absent for none
 * @param network with as many classes as these need
 */
export const conditioningFor = (
  network: UNet,
  classes: ReadonlyArray<number> | undefined,
  gamma: number
): Conditioning => {
  if (classes === undefined || gamma === 0) return { kind: "unconditional" }
  const oneHot = oneHotRows(classes, network.config.classes)
  return gamma === 1
    ? { kind: "conditional", classes: oneHot }
    : { kind: "guided", classes: oneHot, gamma: tf.scalar(gamma) }
}

/** `[N,K]`. @throws RangeError for a class that is not one of K */
const oneHotRows = (classes: ReadonlyArray<number>, count: number): Tensor2D => {
  const rows = new Float32Array(classes.length * count)
  for (const [row, index] of classes.entries()) {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`${index} is not one of ${count} classes`)
    }
    rows[row * count + index] = 1
  }
  return tf.tensor2d(rows, [classes.length, count])
}

/**
 * The network in evaluation mode. Guidance takes one pass over a batch of twice the size, the conditional half first.
 *
 * @param network with a time
 */
export const networkEstimate =
  (network: UNet, state: State, conditioning: Conditioning): Estimate =>
  (x, time) => {
    const evaluate = (images: Tensor4D, classes: Tensor2D | undefined): Tensor4D => {
      const count = images.shape[0]
      return network.forward(state, images, {
        time: tf.broadcastTo(tf.reshape(time, [1]), [count]),
        ...(network.config.classes === 0
          ? {}
          : { classes: classes ?? tf.zeros([count, network.config.classes]) }),
        training: false
      }).output
    }
    if (conditioning.kind === "unconditional") return evaluate(x, undefined)
    const { classes } = conditioning
    if (conditioning.kind === "conditional") return evaluate(x, classes)
    const both = evaluate(
      tf.concat([x, x], 0),
      tf.concat([classes, tf.zerosLike<Tensor>(classes) as Tensor2D], 0)
    )
    const [conditional, unconditional] = tf.split<Tensor4D>(both, 2, 0)
    return guide(unconditional!, conditional!, conditioning.gamma)
  }
