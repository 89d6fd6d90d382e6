/** A U-Net trained here, as a network that estimators ask. */
import type { Scalar, Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../../base/json.ts"
import { UserError } from "../../../base/user-error.ts"
import { tf } from "../../../engine/tf.ts"
import { anyUnetOf, stateOf } from "../../../models/model-value.ts"
import { networkTime } from "../../../training/network-time.ts"
import type { Embedding, Model } from "../../../values/values.ts"
import { flowScale, flowTime } from "../../stepping/flow-time.ts"
import type { EstimatingNetwork } from "./estimating-network.ts"
import { noisySmallImages } from "./noisy-small-images.ts"
import { timestepAt } from "./timestep-at.ts"

/** @throws UserError when the model is none that a sampler can ask */
export const trainedNetwork = (model: Model): EstimatingNetwork => {
  const network = anyUnetOf(model)
  const { classes, enlarges, imageSize, time: conditioning } = network.config
  const { prediction, schedule } = model
  if (conditioning === "none") {
    throw new UserError("the model is not told the time, so it cannot be sampled from", {
      hint: "give the network `time: multiply` or `time: add` and train it"
    })
  }
  if (prediction === undefined || prediction === "logits") {
    throw new UserError("the model predicts nothing yet: it was never trained", {
      hint: "connect the output `model` of a stage that trains"
    })
  }
  if (prediction !== "velocity" && schedule === undefined) {
    throw new UserError(`the model predicts ${prediction}, but has no schedule of timesteps`, {
      hint: "connect a model that train/ddpm or train/flow-matching has trained"
    })
  }
  const table = schedule?.alphaBar
  return {
    prediction,
    learnsVariance: false,
    recorded: true,
    key: canonicalJson({ ...network.architecture }),
    ...(table === undefined ? {} : { alphaBar: table }),
    weights: stateOf(model),
    at: (alphaBar) =>
      table === undefined
        ? { scale: flowScale(alphaBar), time: flowTime(alphaBar) }
        : { scale: 1, time: networkTime(timestepAt(alphaBar, table), table.length) },
    condition: (told) => classRow(told, classes),
    ...(enlarges === undefined || table === undefined
      ? {}
      : {
          enlarge: (images: Tensor4D, noiseLevel: number, noise: Tensor4D) => {
            checkSmall(images, imageSize / enlarges)
            return noisySmallImages(images, noiseLevel, noise, table)
          },
          toldLevel: (noiseLevel: number) => networkTime(noiseLevel, table.length)
        }),
    evaluate: (weights, x: Tensor4D, time: Scalar, conditions: Tensor | undefined, beside) => ({
      prediction: network.forward(weights, x, {
        time: tf.broadcastTo(tf.reshape(time, [1]), [x.shape[0]]),
        ...(conditions === undefined ? {} : { classes: conditions as Tensor2D }),
        ...(beside === undefined
          ? {}
          : { small: { images: beside.images, noiseLevel: beside.noiseLevels } }),
        training: false
      }).output
    })
  }
}

const checkSmall = ({ shape: [, height, width] }: Tensor4D, size: number): void => {
  if (height === size && width === size) return
  throw new UserError(
    `the network enlarges images of ${size} × ${size} pixels, and these have ${height} × ${width}`,
    { hint: `make them smaller with image/resize, \`size: ${size}\``, exitCode: 1 }
  )
}

/** `[1,K]`, one-hot, or zeros for no class; nothing for a network without classes. */
const classRow = (
  told: { readonly embedding: Embedding; readonly prompt: string } | undefined,
  classes: number
): Tensor2D | undefined => {
  if (classes === 0) {
    if (told === undefined || told.prompt === "") return undefined
    throw new UserError(
      `the model knows no classes, so it cannot be asked for ${JSON.stringify(told.prompt)}`,
      { hint: "train a network with `classes`, or leave the condition away" }
    )
  }
  if (told === undefined) return tf.zeros([1, classes])
  const { data, kind, prompts, shape } = told.embedding
  const [, tokens, width] = shape
  if (kind !== "classes" || tokens !== 1 || width !== classes) {
    throw new UserError(
      `the model is told one of ${classes} classes, not ${kind} of ${tokens} × ${width}`,
      { hint: "make the conditions with embed/classes" }
    )
  }
  const at = prompts.indexOf(told.prompt)
  return tf.tensor2d(data.slice(at * width, (at + 1) * width), [1, width])
}
