/**
 * The encoder of T5 v1.1, which turns a text's tokens into one vector each.
 *
 * Raffel et al. 2020 (arXiv:1910.10683) with the changes of v1.1: a gated feed-forward part (Shazeer 2020, arXiv:2002.05202) and no
 * weights shared with the output. There are no biases and no table of positions: who looks at whom is biased by their distance.
 * Module names are those of transformers' `T5EncoderModel`.
 */
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { multiHeadAttention } from "../layers/attention.ts"
import { geluTanh } from "../layers/gelu-tanh.ts"
import { linear } from "../layers/linear.ts"
import { rmsNorm } from "../layers/rms-norm.ts"
import { type TorchWeights, torchWeights } from "../layers/torch-weights.ts"
import type { State } from "../parameters.ts"
import type { T5Config } from "./config.ts"
import { embeddingName, type Shapes, t5Parameters } from "./parameters.ts"
import { positionBuckets } from "./position-buckets.ts"

/**
 * Is shown what is computed on the way: `hidden_states.0` is the embedding, `hidden_states.k` what block k - 1 gives, before
 * the final norm; `relative_position_bias` is `[1,heads,L,L]`. A tensor is freed when the pass is over, unless it is kept (`tf.keep`).
 */
export type Tap = (name: string, tensor: Tensor) => void

export interface T5Encoder {
  readonly config: T5Config
  /** The tensors that a state must have. */
  readonly shapes: Shapes
  /**
   * Pure: reads no value and makes no variable, so it can be traced once and replayed.
   *
   * @param state every tensor of `shapes`, by name, in PyTorch's order of axes
   * @param inputIds `[N,L]`, int32, each below the size of the vocabulary
   * @param attentionMask `[N,L]`, 1 for a token, 0 for padding, which no token looks at
   * @returns `last_hidden_state`, `[N,L,E]`, also at padding; the caller's
   * @throws RangeError when the shapes are others
   */
  readonly forward: (
    state: State,
    inputIds: Tensor2D,
    attentionMask: Tensor2D,
    tap?: Tap
  ) => Tensor3D
}

/** The lowest float32, by which scores of padding are lowered (transformers, `get_extended_attention_mask`). */
const lowest = -3.4028234663852886e38

export const t5Encoder = (config: T5Config): T5Encoder => ({
  config,
  shapes: t5Parameters(config),
  forward: (state, inputIds, attentionMask, tap = () => {}) => {
    checkInputs(inputIds, attentionMask)
    return tf.tidy(() => run(config, torchWeights(state), inputIds, attentionMask, tap))
  }
})

const run = (
  config: T5Config,
  weights: TorchWeights,
  inputIds: Tensor2D,
  attentionMask: Tensor2D,
  tap: Tap
): Tensor3D => {
  const [texts, tokens] = inputIds.shape
  const ofPositions = positionBias(config, weights, tokens)
  tap("relative_position_bias", ofPositions)
  const kept: Tensor4D = tf.reshape(tf.cast(attentionMask, "float32"), [texts, 1, 1, tokens])
  const bias = tf.add<Tensor4D>(ofPositions, tf.mul(tf.sub(1, kept), lowest))
  let x = tf.gather<Tensor>(weights.matrix(embeddingName), inputIds) as Tensor3D
  tap("hidden_states.0", x)
  for (let index = 0; index < config.layers; index++) {
    const before = x
    // What a block makes on the way is freed with it.
    x = tf.tidy(() => block(config, weights.below(`encoder.block.${index}.layer`), before, bias))
    tap(`hidden_states.${index + 1}`, x)
  }
  return rmsNorm(x, weights.vector("encoder.final_layer_norm.weight"), config.normEps)
}

/** What the distance of key and query adds to their score, of each head: `[1,heads,L,L]`. */
const positionBias = (config: T5Config, weights: TorchWeights, tokens: number): Tensor4D => {
  const table = weights.matrix(
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
  )
  const buckets = tf.tensor2d(positionBuckets(tokens, config), [tokens, tokens], "int32")
  const byPair = tf.gather<Tensor>(table, buckets) as Tensor3D
  return tf.expandDims(tf.transpose(byPair, [2, 0, 1]), 0)
}

const block = (
  { heads, normEps }: T5Config,
  weights: TorchWeights,
  x: Tensor3D,
  bias: Tensor4D
): Tensor3D => {
  const normalised = (tensor: Tensor3D, layer: string) =>
    rmsNorm(tensor, weights.vector(`${layer}.layer_norm.weight`), normEps)
  const attention = weights.below("0.SelfAttention")
  const tokens = normalised(x, "0")
  const [query, key, value] = ["q", "k", "v"].map((name) =>
    linear(tokens, attention.product(name))
  ) as [Tensor3D, Tensor3D, Tensor3D]
  // T5 does not divide scores by √d: its initialisation did.
  const mixed = multiHeadAttention(query, key, value, heads, { scale: 1, bias })
  const attended = tf.add<Tensor3D>(x, linear(mixed, attention.product("o")))
  const dense = weights.below("1.DenseReluDense")
  const inner = normalised(attended, "1")
  const gate = geluTanh(linear(inner, dense.product("wi_0")))
  const gated = tf.mul<Tensor3D>(gate, linear(inner, dense.product("wi_1")))
  return tf.add(attended, linear(gated, dense.product("wo")))
}

const checkInputs = (inputIds: Tensor2D, attentionMask: Tensor2D): void => {
  if (inputIds.dtype !== "int32" || inputIds.rank !== 2) {
    throw new RangeError(
      `the encoder's ids should be int32 [N,L], got ${inputIds.dtype} [${inputIds.shape.join(",")}]`
    )
  }
  const [ids, mask] = [inputIds, attentionMask].map(({ shape }) => `[${shape.join(",")}]`)
  if (ids !== mask) throw new RangeError(`the encoder's mask should be ${ids}, got ${mask}`)
}
