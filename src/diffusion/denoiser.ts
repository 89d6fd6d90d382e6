/** Networks that see a noisy image and say what the clean one is, in one pass. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../base/json.ts"
import { UserError } from "../base/user-error.ts"
import { compile } from "../engine/compile.ts"
import { tf } from "../engine/tf.ts"
import { unetOf } from "../models/model-value.ts"
import type { State } from "../models/parameters.ts"
import type { UNet } from "../models/unet/unet.ts"
import { remembered } from "../training/remembered.ts"
import type { Model } from "../values/values.ts"

/** The model's network. @throws UserError when it is not one that denoises without being told a time */
export const denoiserOf = (model: Model): UNet => {
  const network = unetOf(model)
  if (network.config.time === "none") return network
  throw new UserError("the model is told a time, and denoising in one step has none", {
    hint: "connect a model that train/denoise has trained, or sample from this one"
  })
}

/**
 * The estimate of the clean images, in evaluation mode and told no class. Pure.
 *
 * @param images `[N,S,S,I]`
 * @returns of the same shape; a new tensor
 */
export const denoise = (network: UNet, state: State, images: Tensor4D): Tensor4D => {
  const { classes } = network.config
  return network.forward(state, images, {
    ...(classes === 0 ? {} : { classes: tf.zeros([images.shape[0], classes]) }),
    training: false
  }).output
}

/** `denoise`, recorded once for each architecture and shape of a batch. */
export const recordedDenoiser = (network: UNet): ((state: State, images: Tensor4D) => Tensor4D) =>
  recordings(canonicalJson({ ...network.architecture }), () =>
    compile((state, images) => denoise(network, state, images))
  )

const recordings = remembered<(state: State, images: Tensor4D) => Tensor4D>()
