/** Multi-head attention, of tokens and of the pixels of an image. */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { groupNorm, type GroupNormOptions } from "./group-norm.ts"
import { linear, type LinearWeights } from "./linear.ts"

export interface AttentionOptions {
  /** What scores are multiplied by; 1/√d when absent, d being the width of a head. */
  readonly scale?: number
  /** Added to the scores before the softmax: of a shape that broadcasts to `[N,heads,T,S]`, such as a mask `[N,1,1,S]`. */
  readonly bias?: Tensor
}

/**
 * `softmax(Q Kᵀ / √d) V` for each of `heads` slices of the channels; d is a slice's width.
 *
 * Vaswani et al. 2017 (arXiv:1706.03762), section 3.2.
 *
 * @param query `[N,T,C]`
 * @param key,value `[N,S,C]`
 * @returns `[N,T,C]`
 * @throws RangeError when the heads do not divide the channels
 */
export const multiHeadAttention = (
  query: Tensor3D,
  key: Tensor3D,
  value: Tensor3D,
  heads: number,
  { bias, scale }: AttentionOptions = {}
): Tensor3D => {
  const [images, , channels] = query.shape
  if (!Number.isInteger(heads) || heads < 1 || channels % heads !== 0) {
    throw new RangeError(`${channels} channels cannot be split into ${heads} heads`)
  }
  const width = channels / heads
  const split = (tokens: Tensor3D): Tensor4D =>
    tf.transpose<Tensor4D>(tf.reshape(tokens, [images, -1, heads, width]), [0, 2, 1, 3])
  const products = tf.matMul(split(query), split(key), false, true)
  const factor = scale ?? 1 / Math.sqrt(width)
  const scaled = factor === 1 ? products : tf.mul<Tensor4D>(products, factor)
  const scores = bias === undefined ? scaled : tf.add<Tensor4D>(scaled, bias)
  const mixed = tf.matMul(tf.softmax(scores), split(value))
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [images, -1, channels])
}

export interface PixelAttentionWeights {
  /** `[C]` each. */
  readonly norm: { readonly gamma: Tensor1D; readonly beta: Tensor1D }
  readonly query: LinearWeights
  readonly key: LinearWeights
  readonly value: LinearWeights
  readonly output: LinearWeights
  /** For pixels that also look at other tokens `[N,S,E]`, such as a text's: their keys and values. */
  readonly context?: {
    readonly tokens: Tensor3D
    readonly key: LinearWeights
    readonly value: LinearWeights
    /** `[N,S]`, added to the scores of the tokens: 0, or far below 0 for one that is not to be looked at. */
    readonly bias?: Tensor2D
  }
}

/**
 * The attention block of a diffusion U-Net: `x + output(attention(groupNorm(x)))`, the pixels being the tokens.
 *
 * Dhariwal & Nichol 2021 (arXiv:2105.05233); with a context, as in GLIDE and DeepFloyd IF, pixels look at the context's tokens
 * and at each other in one softmax, the context first (diffusers, `AttnAddedKVProcessor`).
 *
 * @param x `[N,H,W,C]`
 */
export const pixelAttention = (
  x: Tensor4D,
  { context, key, norm, output, query, value }: PixelAttentionWeights,
  { heads, ...options }: GroupNormOptions & { readonly heads: number }
): Tensor4D => {
  const [images, height, width, channels] = x.shape
  const normalised = groupNorm(x, norm.gamma, norm.beta, options)
  const tokens: Tensor3D = tf.reshape(normalised, [images, height * width, channels])
  const withContext = (own: Tensor3D, weights: LinearWeights | undefined): Tensor3D =>
    context === undefined || weights === undefined
      ? own
      : tf.concat([linear(context.tokens, weights), own], 1)
  const mixed = multiHeadAttention(
    linear(tokens, query),
    withContext(linear(tokens, key), context?.key),
    withContext(linear(tokens, value), context?.value),
    heads,
    context?.bias === undefined ? {} : { bias: withPixels(context.bias, height * width) }
  )
  return tf.add(x, tf.reshape(linear(mixed, output), x.shape))
}

/** The bias `[N,S]` of a context's tokens as one of all keys, `[N,1,1,S+pixels]`; that of pixels is 0. */
const withPixels = (bias: Tensor2D, pixels: number): Tensor4D => {
  const [images, tokens] = bias.shape
  const all = tf.concat([bias, tf.zeros([images, pixels])], 1)
  return tf.reshape(all, [images, 1, 1, tokens + pixels])
}
