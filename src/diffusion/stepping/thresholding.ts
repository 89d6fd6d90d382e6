/** Bringing estimates of the clean sample back into the range of pixels. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

/**
 * `none`; `clip` to a range; or `dynamic`, for pixels in [-1, 1]: each image is clipped to ±s and divided by s, where s is the
 * quantile `ratio` of its absolute values, brought between 1 and `maximum`.
 *
 * Saharia et al. 2022 (arXiv:2205.11487), section 2.3; the maximum is that of DeepFloyd IF's code and of diffusers.
 */
export type Thresholding =
  | { readonly kind: "none" }
  | { readonly kind: "clip"; readonly minimum: number; readonly maximum: number }
  | {
      readonly kind: "dynamic"
      /** From 0 to 1; 0.95 in DeepFloyd IF. */
      readonly ratio: number
      /** From 1 on, where it is plain clipping; 1.5 in stage I of DeepFloyd IF, 1 in stage II. */
      readonly maximum: number
    }

/** The estimate brought back; may be recorded (`compile`). @returns a new tensor, or the same for `none` */
export const threshold = (sample: Tensor4D, thresholding: Thresholding): Tensor4D => {
  switch (thresholding.kind) {
    case "none":
      return sample
    case "clip":
      return tf.clipByValue(sample, thresholding.minimum, thresholding.maximum)
    default:
      return dynamic(sample, thresholding.ratio, thresholding.maximum)
  }
}

const dynamic = (sample: Tensor4D, ratio: number, maximum: number): Tensor4D =>
  tf.tidy(() => {
    const flat = flatten(sample)
    const limit = tf.clipByValue(quantile(tf.abs(flat), ratio), 1, maximum).expandDims(1)
    const clipped = tf.maximum(tf.minimum(flat, limit), tf.neg(limit))
    return tf.reshape(tf.div(clipped, limit), sample.shape)
  })

const flatten = (images: Tensor4D): Tensor2D => {
  const count = images.shape[0]
  return tf.reshape(images, [count, images.size / Math.max(count, 1)])
}

/**
 * The quantile of each row, interpolated linearly between its two neighbours at position `ratio (columns - 1)` of the sorted row
 * (numpy's and PyTorch's default; method 7 of Hyndman & Fan 1996). PyTorch rounds the position to float32, we do not.
 *
 * @param rows `[N, columns]` with at least one column
 * @param ratio from 0 to 1
 * @returns `[N]`
 */
export const quantile = (rows: Tensor2D, ratio: number): Tensor1D =>
  tf.tidy(() => {
    const [count, columns] = rows.shape
    const position = ratio * (columns - 1)
    const below = Math.floor(position)
    const share = position - below
    const { values } = tf.topk<Tensor>(rows, columns - below)
    // The largest come first: the one at position `below` is the last of them.
    const at = (column: number): Tensor1D =>
      tf.reshape(tf.slice(values, [0, column], [count, 1]), [count])
    const lower = at(columns - 1 - below)
    if (share === 0) return lower
    const upper = at(columns - 2 - below)
    return tf.add(lower, tf.mul(tf.sub(upper, lower), share))
  })
