/** The images that samples start from or keep a part of. */
import type { Tensor4D } from "@tensorflow/tfjs"
import type { ImageArray } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"

/**
 * The images of some samples, where each image is for `each` samples in a row.
 *
 * @param items numbers of the samples
 * @returns `[N,H,W,C]`, a new tensor
 */
export const givenImages = (
  { data, shape }: ImageArray,
  each: number,
  items: ReadonlyArray<number>
): Tensor4D => {
  const [count, ...size] = shape
  const numbers = data.length / count
  const chosen = new Float32Array(items.length * numbers)
  for (const [place, item] of items.entries()) {
    const image = Math.floor(item / each)
    chosen.set(data.subarray(image * numbers, (image + 1) * numbers), place * numbers)
  }
  return tf.tensor4d(chosen, [items.length, ...size])
}
