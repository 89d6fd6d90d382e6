/** Clean images in one step. */
import { setImmediate } from "node:timers/promises"
import type { ImageArray, LoopContext } from "../../engine/tensors.ts"
import { compute } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import type { PreparedEstimator } from "../estimators/prepare-estimator.ts"
import { estimateSample, scalars } from "../stepping/advance.ts"
import { sampleFrom } from "../stepping/prediction.ts"
import { settle, settleTold } from "./settle.ts"
import type { Thresholding } from "../stepping/thresholding.ts"

/**
 * x̂₀ of each image.
 *
 * @param alphaBars ᾱ of each image's noise level
 * @returns row-major, of the images' shape
 */
export const estimateOnce = async (
  estimator: PreparedEstimator,
  { data, shape }: ImageArray,
  alphaBars: ReadonlyArray<number>,
  { batchSize, thresholding }: { readonly batchSize: number; readonly thresholding: Thresholding },
  { progress, signal }: LoopContext
): Promise<Float32Array> => {
  const [count, ...size] = shape
  const numbers = size[0] * size[1] * size[2]
  const clean = new Float32Array(data.length)
  // A network is asked about one noise level at a time.
  const levels = Map.groupBy(alphaBars.keys(), (image) => alphaBars[image]!)
  let done = 0
  for (const [alphaBar, images] of levels) {
    for (let first = 0; first < images.length; first += batchSize) {
      signal.throwIfAborted()
      const real = images.slice(first, first + batchSize)
      // Blurs of a single image round otherwise (`equal-batches.ts`).
      const alone = real.length < estimator.leastBatch
      const items = alone ? [real[0]!, real[0]!] : real
      const batch = new Float32Array(items.length * numbers)
      for (const [place, item] of items.entries()) {
        batch.set(data.subarray(item * numbers, (item + 1) * numbers), place * numbers)
      }
      const told = estimator.tell(items)
      try {
        if (!estimator.recorded) settleTold(told)
        const estimates = compute(() => {
          const x = tf.tensor4d(batch, [items.length, ...size])
          const at = tf.tensor1d([...estimator.numbersAt(alphaBar)])
          const { prediction } = estimator.evaluate(estimator.weights, told, x, at)
          if (!estimator.recorded) settle([prediction])
          const conversion = scalars({ ...sampleFrom(estimator.prediction, alphaBar) })
          return estimateSample(x, prediction, conversion, thresholding)
        })
        for (const [place, item] of real.entries()) {
          clean.set(estimates.subarray(place * numbers, (place + 1) * numbers), item * numbers)
        }
      } finally {
        tf.dispose([told.conditions, told.small])
      }
      done += real.length
      progress(done, count, "images")
      await setImmediate()
    }
  }
  return clean
}
