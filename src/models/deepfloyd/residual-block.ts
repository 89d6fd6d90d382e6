/** The residual block of DeepFloyd IF's U-Nets: two convolutions, told of time and text by a scale and a shift between them. */
import type { Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { conv } from "../layers/conv.ts"
import { gelu } from "../layers/gelu.ts"
import { groupNorm, type GroupNormOptions } from "../layers/group-norm.ts"
import { linear } from "../layers/linear.ts"
import type { TorchWeights } from "../layers/torch-weights.ts"
import type { ResidualBlock } from "./layout.ts"

export interface ResidualOptions extends GroupNormOptions, Pick<ResidualBlock, "resample"> {
  /** What the sum at the end is divided by. */
  readonly scale: number
}

/**
 * `(shortcut(x) + conv2(gelu(norm2(conv1(…)) · (1 + a) + b))) / scale`.
 *
 * Dhariwal & Nichol 2021 (arXiv:2105.05233), section 3 and its adaptive group norm; diffusers' `ResnetBlock2D` with
 * `scale_shift`. A block that resamples halves (by means of 2x2 pixels) or doubles (by repeating) both x and what comes out of
 * the first norm, as in BigGAN (arXiv:1809.11096).
 *
 * @param x `[N,H,W,I]`
 * @param time `[N,T]`, activated
 * @returns `[N,H',W',O]`
 */
export const residualBlock = (
  weights: TorchWeights,
  x: Tensor4D,
  time: Tensor2D,
  { resample, scale, ...options }: ResidualOptions
): Tensor4D => {
  const normalised = (image: Tensor4D, name: string): Tensor4D => {
    const { beta, gamma } = weights.norm(name)
    return groupNorm(image, gamma, beta, options)
  }
  const resampled = resample === undefined ? same : resample === "halve" ? halved : doubled
  const own = resampled(x)
  const first = convolved(weights, "conv1", resampled(gelu(normalised(x, "norm1"))))
  const [factor, shift] = halvesOf(linear(time, weights.linear("time_emb_proj")))
  const told = tf.add<Tensor4D>(tf.mul(normalised(first, "norm2"), tf.add(factor, 1)), shift)
  const second = convolved(weights, "conv2", gelu(told))
  const isWider = x.shape[3] !== second.shape[3]
  const shortcut = isWider ? convolved(weights, "conv_shortcut", own) : own
  const sum = tf.add<Tensor4D>(shortcut, second)
  return scale === 1 ? sum : tf.div(sum, scale)
}

/** `[N,2C]` as two of `[N,1,1,C]`, which meet every pixel. */
const halvesOf = (both: Tensor2D): readonly [Tensor4D, Tensor4D] => {
  const [images, length] = both.shape
  const size = length / 2
  const half = (begin: number): Tensor4D =>
    tf.reshape(tf.slice(both, [0, begin], [images, size]), [images, 1, 1, size])
  return [half(0), half(size)]
}

const same = (x: Tensor4D): Tensor4D => x

const halved = (x: Tensor4D): Tensor4D => tf.avgPool(x, 2, 2, "valid")

const doubled = (x: Tensor4D): Tensor4D => {
  const [, height, width] = x.shape
  return tf.image.resizeNearestNeighbor(x, [2 * height, 2 * width])
}

/** `nn.Conv2d`, of 3x3 pixels with a border of zeros, or of one. */
const convolved = (weights: TorchWeights, name: string, x: Tensor4D): Tensor4D => {
  const { bias, filter } = weights.conv(name)
  const padding = (filter.shape[0] - 1) / 2
  return tf.add(conv(x, filter, { stride: 1, padding }), bias)
}
