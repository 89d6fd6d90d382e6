/** The text as one vector, which is added to the embedding of the timestep. */
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { multiHeadAttention } from "../layers/attention.ts"
import { layerNorm } from "../layers/layer-norm.ts"
import { linear } from "../layers/linear.ts"
import type { TorchWeights } from "../layers/torch-weights.ts"
import type { Tap } from "./tap.ts"

/** PyTorch's default of `nn.LayerNorm`. */
const eps = 1e-5

/**
 * LayerNorm, attention pooling, a projection, LayerNorm: diffusers' `TextTimeEmbedding`.
 *
 * The pooling is of Radford et al. 2021 (CLIP, arXiv:2103.00020, section 2.4): the mean of all tokens, with a learnt vector
 * added, looks at itself and at the tokens; here without a projection of its own behind.
 *
 * @param text `[N,L,E]`
 * @returns `[N,T]`
 */
export const textEmbedding = (
  weights: TorchWeights,
  text: Tensor3D,
  heads: number,
  tap: Tap
): Tensor2D => {
  const normalised = <T extends Tensor2D | Tensor3D>(x: T, name: string): T => {
    const { beta, gamma } = weights.norm(name)
    return layerNorm(x, gamma, beta, eps)
  }
  const seen = <T extends Tensor2D | Tensor3D>(name: string, x: T): T => {
    tap(name, x)
    return x
  }
  const tokens = seen("norm1", normalised(text, "norm1"))
  const pooled = seen("pool", attentionPool(weights.below("pool"), tokens, heads))
  const projected = seen("proj", linear(pooled, weights.linear("proj")))
  return normalised(projected, "norm2")
}

const attentionPool = (weights: TorchWeights, tokens: Tensor3D, heads: number): Tensor2D => {
  const [texts, , channels] = tokens.shape
  const mean = tf.mean<Tensor3D>(tokens, 1, true)
  const learnt = weights.matrix("positional_embedding")
  const centre = tf.add<Tensor3D>(mean, tf.reshape(learnt, [1, 1, channels]))
  const all = tf.concat([centre, tokens], 1)
  const pooled = multiHeadAttention(
    linear(centre, weights.linear("q_proj")),
    linear(all, weights.linear("k_proj")),
    linear(all, weights.linear("v_proj")),
    heads
  )
  return tf.reshape(pooled, [texts, channels])
}
