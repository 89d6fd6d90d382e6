/** Networks applied to many images: in batches, read back item by item. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { setImmediate } from "node:timers/promises"
import { computeAll, type ImageArray, type LoopContext } from "../engine/tensors.ts"
import { tf } from "../engine/tf.ts"
import { levelsOf } from "../values/dataset/levels.ts"
import type { Dataset } from "../values/values.ts"
import { equalBatches } from "./equal-batches.ts"

/** Images of which some are asked for at a time. */
export interface ImageSource {
  readonly shape: readonly [count: number, height: number, width: number, channels: number]
  /** The pixels of these images, row-major. */
  readonly read: (items: ReadonlyArray<number>) => Float32Array
}

export const sourceOfImages = ({ data, shape }: ImageArray): ImageSource => {
  const size = shape[1] * shape[2] * shape[3]
  return {
    shape,
    read: (items) => {
      const pixels = new Float32Array(items.length * size)
      for (const [index, item] of items.entries()) {
        pixels.set(data.subarray(item * size, (item + 1) * size), index * size)
      }
      return pixels
    }
  }
}

/** The first `count` images of a dataset, in its pixel range. */
export const sourceOfDataset = (
  { data, range, shape: [all, ...size] }: Dataset,
  count = all
): ImageSource => {
  const values = size[0] * size[1] * size[2]
  const levels = levelsOf(range)
  return {
    shape: [Math.min(count, all), ...size],
    read: (items) => {
      const pixels = new Float32Array(items.length * values)
      for (const [index, item] of items.entries()) {
        for (let i = 0; i < values; i++)
          pixels[index * values + i] = levels[data[item * values + i]!]!
      }
      return pixels
    }
  }
}

/**
 * Applies a function of a batch to all images.
 *
 * @param body from a batch `[N,H,W,C]` and the numbers of its images to tensors whose first dimension is N
 * @returns the values of each of these tensors for all images, in order
 * @throws the signal's reason when the user stops it
 */
export const inBatches = async (
  { read, shape: [count, ...size] }: ImageSource,
  batchSize: number,
  body: (images: Tensor4D, items: ReadonlyArray<number>) => ReadonlyArray<Tensor>,
  { progress, signal }: LoopContext
): Promise<ReadonlyArray<Float32Array<ArrayBuffer>>> => {
  const results: Array<Float32Array<ArrayBuffer>> = []
  for (const { items, real } of equalBatches(count, batchSize)) {
    signal.throwIfAborted()
    const start = items[0]!
    const values = computeAll(() => body(tf.tensor4d(read(items), [items.length, ...size]), items))
    for (const [index, batch] of values.entries()) {
      const each = batch.length / items.length
      const all = (results[index] ??= new Float32Array(count * each))
      all.set(batch.subarray(0, real * each), start * each)
    }
    progress(start + real, count, "images")
    // Between batches the process can hear an interruption.
    await setImmediate()
  }
  return results
}
