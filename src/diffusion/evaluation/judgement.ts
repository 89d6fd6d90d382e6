/** What a classifier says of images. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../base/json.ts"
import { UserError } from "../../base/user-error.ts"
import { compile } from "../../engine/compile.ts"
import type { LoopContext } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import { classifierOf, stateOf } from "../../models/model-value.ts"
import type { State } from "../../models/parameters.ts"
import { remembered } from "../../training/remembered.ts"
import type { Model } from "../../values/values.ts"
import { type ImageSource, inBatches } from "../in-batches.ts"

export interface Judgement {
  /** The most probable class of each image; of equals the first. */
  readonly classes: Int32Array
  /** Row-major `[count, dimension]`: what the last layer sees. */
  readonly features: Float32Array
  readonly dimension: number
}

/**
 * @throws UserError when the model is no classifier, its weights do not fit, or an image is not finite
 * @throws the signal's reason when the user stops it
 */
export const judge = async (
  model: Model,
  images: ImageSource,
  batchSize: number,
  context: LoopContext
): Promise<Judgement> => {
  const network = classifierOf(model)
  const dimension = 4 * network.config.channels
  const answer = recordings(canonicalJson({ ...network.architecture }), () =>
    compile((state, batch) =>
      tf.tidy(() => {
        const { features, logits } = network.forward(state, batch, { training: false })
        return [tf.cast(tf.argMax(logits, 1), "float32"), features]
      })
    )
  )
  const state = stateOf(model)
  try {
    const [classes, features] = await inBatches(
      images,
      batchSize,
      (batch) => answer(state, batch),
      context
    )
    const spoilt = features?.findIndex((value) => !Number.isFinite(value)) ?? -1
    if (spoilt >= 0) {
      throw new UserError(`image ${Math.floor(spoilt / dimension)} has no finite features`, {
        exitCode: 1,
        hint: "its pixels, or the classifier's weights, are not finite or far too large"
      })
    }
    return {
      classes: Int32Array.from(classes ?? []),
      features: features ?? new Float32Array(),
      dimension
    }
  } finally {
    tf.dispose(state)
  }
}

const recordings = remembered<(state: State, batch: Tensor4D) => ReadonlyArray<Tensor>>()
