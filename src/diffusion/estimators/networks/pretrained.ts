/** A U-Net of DeepFloyd IF, as a network that estimators ask. Its weights stay in their files. */
import type { Scalar, Tensor, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { statSync } from "node:fs"
import { join } from "node:path"
import { canonicalJson } from "../../../base/json.ts"
import { unreadableReason } from "../../../base/unreadable-reason.ts"
import { UserError } from "../../../base/user-error.ts"
import { tf } from "../../../engine/tf.ts"
import { configFrom } from "../../../models/deepfloyd/config-file.ts"
import { openDeepFloydUNet } from "../../../models/deepfloyd/load.ts"
import { locationOf } from "../../../models/pretrained-folder.ts"
import type { Embedding, Pretrained } from "../../../values/values.ts"
import type { EstimatingNetwork } from "./estimating-network.ts"
import { noisySmallImages } from "./noisy-small-images.ts"
import { timestepAt } from "./timestep-at.ts"

/**
 * The output's first half is ε, its second half the variance between its bounds. Text is given as the encoder made it, padding
 * with it and without a mask, as IF's own pipelines do.
 *
 * @throws UserError when a file is gone, or has changed so that it has another size or other tensors
 */
export const pretrainedNetwork = (pretrained: Pretrained): EstimatingNetwork => {
  const { alphaBar } = pretrained.schedule
  const { forward, state } = openFiles(pretrained)
  return {
    prediction: pretrained.prediction,
    learnsVariance: true,
    recorded: false,
    key: canonicalJson({ content: pretrained.content, config: pretrained.config }),
    alphaBar,
    weights: state,
    at: (level) => ({ scale: 1, time: timestepAt(level, alphaBar) }),
    condition: (told) => textRow(told, pretrained.width),
    ...(pretrained.enlarges
      ? {
          enlarge: (images: Tensor4D, noiseLevel: number, noise: Tensor4D) =>
            noisySmallImages(images, noiseLevel, noise, alphaBar),
          toldLevel: (noiseLevel: number) => noiseLevel
        }
      : {}),
    evaluate: (weights, x: Tensor4D, time: Scalar, conditions: Tensor | undefined, beside) =>
      tf.tidy(() => {
        const output = forward(
          weights,
          beside === undefined ? x : tf.concat([x, beside.images], 3),
          tf.reshape(time, [1]),
          conditions as Tensor3D,
          beside === undefined ? {} : { noiseLevel: beside.noiseLevels }
        )
        const [prediction, variance] = tf.split<Tensor4D>(output, 2, 3)
        return { prediction: prediction!, variance: variance! }
      })
  }
}

/** The first file says where all weights are: it is the only one, or the index of the others. */
const openFiles = (pretrained: Pretrained) => {
  const folder = locationOf(pretrained.folder)
  for (const { name, sizeBytes } of pretrained.files) {
    const size = sizeOf(join(folder, name))
    if (size === sizeBytes) continue
    const shown = join(pretrained.folder, name)
    throw new UserError(
      size === undefined
        ? `${shown} is not there any more, and a network's weights are in it`
        : `${shown} has changed since it was taken as a network's weights: it has ${size} bytes, and had ${sizeBytes}`,
      {
        hint: `bring the file back${size === undefined ? ` to ${folder}` : ""}; or run the stage that names its folder again (\`--force STAGE\`)`,
        exitCode: 1
      }
    )
  }
  const shown = join(pretrained.folder, "config.json")
  return openDeepFloydUNet(
    configFrom(pretrained.config, shown),
    join(folder, pretrained.files[0]!.name)
  )
}

const sizeOf = (file: string): number | undefined => {
  try {
    return statSync(file, { throwIfNoEntry: false })?.size
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${unreadableReason(cause)}`, {
      exitCode: 1,
      cause
    })
  }
}

/** `[1,L,E]` */
const textRow = (
  told: { readonly embedding: Embedding; readonly prompt: string } | undefined,
  width: number
): Tensor3D => {
  if (told === undefined) {
    throw new UserError("the network has to be told a text, if only an empty one", {
      hint: 'connect `conditions`, and give the prompt "" for no condition',
      exitCode: 1
    })
  }
  const { data, kind, prompts, shape } = told.embedding
  const [, tokens, found] = shape
  if (kind !== "text" || found !== width) {
    throw new UserError(
      `the network is told texts of ${width} numbers a token, not ${kind} of ${tokens} × ${found}`,
      { hint: "make the conditions with embed/text or embed/load", exitCode: 1 }
    )
  }
  const [at, size] = [prompts.indexOf(told.prompt), tokens * width]
  return tf.tensor3d(data.slice(at * size, (at + 1) * size), [1, tokens, width])
}
