/** A T5 v1.1 encoder from its folder: `text_encoder/` as transformers writes it. */
import { expectTensors } from "../../engine/weights/expect-tensors.ts"
import { openWeights } from "../../engine/weights/open-weights.ts"
import { weightTensor } from "../../engine/weights/weight-tensor.ts"
import type { Weights } from "../../engine/weights/weights.ts"
import { readConfigFile } from "../deepfloyd/config-file.ts"
import type { State } from "../parameters.ts"
import { decodeT5Config } from "./config.ts"
import { type T5Encoder, t5Encoder } from "./encoder.ts"
import { embeddingName, otherEmbeddingName, outputOfFeedForward } from "./parameters.ts"

export interface LoadedT5Encoder extends T5Encoder {
  /** For `forward`; the tensors belong to the caller. */
  readonly state: State
}

/**
 * Reads the configuration and the weights' headers, no weight: those stay in their files (see `weightTensor`), each in its
 * own dtype. Of the table of embeddings only the rows of a text's tokens are ever read.
 *
 * A text encoder runs once a text: do not `compile` it, which would hold all weights in float32.
 *
 * @param folder with `config.json` and safetensors, one file or shards with their index
 * @param variant such as `fp16`, where the folder has several sets of weights
 * @throws UserError when the folder is not a T5 v1.1 encoder, or its weights are not those of its configuration
 */
export const loadT5Encoder = (folder: string, variant?: string): LoadedT5Encoder => {
  const network = t5Encoder(decodeT5Config(readConfigFile(folder)))
  const weights = withOneEmbedding(openWeights(folder, variant))
  expectTensors(weights, network.shapes)
  const names = Object.keys(network.shapes)
  const state = Object.fromEntries(
    names.map((name) => {
      // What this product sums up passes 65504, float16's largest, in the large T5s; transformers keeps it in float32, too.
      const half = !name.endsWith(outputOfFeedForward)
      return [name, weightTensor(weights, name, { half })]
    })
  )
  return { ...network, state }
}

/**
 * The table of embeddings under its first name only: a file may have it under two, or under the second alone. Two of different
 * shapes are not one table.
 */
const withOneEmbedding = (weights: Weights): Weights => {
  const tensors = new Map(weights.tensors)
  const [first, second] = [tensors.get(embeddingName), tensors.get(otherEmbeddingName)]
  if (second === undefined) return weights
  if (first !== undefined && first.shape.join() !== second.shape.join()) return weights
  tensors.delete(otherEmbeddingName)
  tensors.set(embeddingName, first ?? second)
  return { ...weights, tensors }
}
