/** Between `Model` values, which are plain data, and networks with tensors. */
import { UserError } from "../base/user-error.ts"
import type { Architecture, Model, PixelRange } from "../values/values.ts"
import { checkWeights } from "./check-weights.ts"
import { type Classifier, classifier } from "./classifier/classifier.ts"
import { initialValues } from "./initialise.ts"
import type { Network } from "./network.ts"
import { type State, tensorsOf } from "./parameters.ts"
import { fromStateDict, toStateDict, valuesOf } from "./state-dict.ts"
import { type UNet, unet } from "./unet/unet.ts"

/** @throws UserError for settings that make no network */
export const networkFor = (architecture: Architecture): UNet | Classifier =>
  architecture.kind === "unet" ? unet(architecture) : classifier(architecture)

/** The model's network, whichever it is. */
export const networkOf = ({ architecture }: Model): Network => networkFor(architecture)

/** @throws UserError when the model is another network, or one that enlarges */
export const unetOf = (model: Model): UNet => {
  const network = anyUnetOf(model)
  if (network.config.enlarges === undefined) return network
  throw new UserError("the model enlarges images, and here it would be shown none to enlarge", {
    hint: "train it with train/ddpm, and ask it through estimate/model with `images`; or leave `enlarges` away"
  })
}

/** One that may enlarge. @throws UserError when the model is another network */
export const anyUnetOf = ({ architecture }: Model): UNet => {
  if (architecture.kind === "unet") return unet(architecture)
  throw new UserError("the model is a classifier where a U-Net is needed", {
    hint: "connect a model of model/unet, or one trained from it"
  })
}

/** @throws UserError when the model is another network */
export const classifierOf = ({ architecture }: Model): Classifier => {
  if (architecture.kind === "classifier") return classifier(architecture)
  throw new UserError("the model is a U-Net where a classifier is needed", {
    hint: "connect a model of model/classifier, or one trained from it"
  })
}

/**
 * The model's weights as tensors, in the network's layouts and in the order of its parameters.
 *
 * @returns tensors that belong to the caller
 * @throws UserError when weights do not fit the network, or are not finite
 */
export const stateOf = (model: Model): State => {
  const network = networkOf(model)
  checkWeights(network, model.weights)
  return tensorsOf(network.parameters, fromStateDict(network.parameters, model.weights))
}

/**
 * The model with other weights, read from tensors: what is pending is computed.
 *
 * @param like whose network and pixel range it has
 * @param state every tensor of the network, which stays the caller's
 * @param batchesTracked how many training batches its running statistics have seen
 * @param facts (`prediction`, `schedule`) what training made of it; those of `like` when it is left out
 */
export const modelOf = (
  like: Model,
  state: State,
  batchesTracked: number,
  { prediction, schedule }: Pick<Model, "prediction" | "schedule"> = like
): Model => ({
  type: "Model",
  architecture: like.architecture,
  range: like.range,
  ...(prediction === undefined ? {} : { prediction }),
  ...(schedule === undefined ? {} : { schedule }),
  weights: toStateDict(networkOf(like).parameters, valuesOf(state), batchesTracked)
})

/** A model before training, with PyTorch's initialisation; equal seeds give equal weights. */
export const freshModel = (architecture: Architecture, range: PixelRange, seed: number): Model => {
  const network = networkFor(architecture)
  return {
    type: "Model",
    architecture: network.architecture,
    range,
    weights: toStateDict(network.parameters, initialValues(network.parameters, seed), 0)
  }
}
