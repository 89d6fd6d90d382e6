/** The images of a dataset that are nearest to given ones: whether a network has learnt some by heart. */
import type { Tensor2D } from "@tensorflow/tfjs"
import { setImmediate } from "node:timers/promises"
import { compile } from "../../engine/compile.ts"
import { computeAll, type LoopContext } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import { equalBatches } from "../equal-batches.ts"
import type { ImageSource } from "../in-batches.ts"

export interface Nearest {
  /** Which image of the dataset. */
  readonly index: number
  /** The root of the mean squared difference over pixels and channels. */
  readonly distance: number
}

/** How many of each are compared at once: 16 MB of differences. */
const queriesAtOnce = 1024
const referencesAtOnce = 4096

/**
 * For each of `queries` the nearest of `references`, by Euclidean distance of pixels.
 *
 * The candidates are found by products in float32, `|b|² - 2 a·b`; the distance to the one found is then taken from the
 * pixels themselves, since in the products little is left of a small distance.
 *
 * @param references at least one, of the size of the queries
 * @throws the signal's reason when the user stops it
 */
export const nearestImages = async (
  queries: ImageSource,
  references: ImageSource,
  { progress, signal }: LoopContext
): Promise<ReadonlyArray<Nearest>> => {
  const [count, height, width, channels] = queries.shape
  const size = height * width * channels
  const best = Array.from({ length: count }, () => ({ index: 0, score: Number.POSITIVE_INFINITY }))
  const [asked, known] = [
    equalBatches(count, queriesAtOnce),
    equalBatches(references.shape[0], referencesAtOnce)
  ]
  let done = 0
  for (const reference of known) {
    const candidates = references.read(reference.items)
    for (const query of asked) {
      signal.throwIfAborted()
      const [scores, places] = computeAll(() => {
        const a = tf.tensor2d(queries.read(query.items), [query.items.length, size])
        const b = tf.tensor2d(candidates, [reference.items.length, size])
        const { place, score } = compare(a, b)
        return [score, place]
      })
      for (let i = 0; i < query.real; i++) {
        const own = best[query.items[i]!]!
        if (scores![i]! >= own.score) continue
        own.score = scores![i]!
        own.index = reference.items[places![i]!]!
      }
      done += query.real
      progress(done, count * known.length, "comparisons")
      await setImmediate()
    }
  }
  return best.map(({ index }, query) => ({
    index,
    distance: distanceOf(queries.read([query]), references.read([index]))
  }))
}

const compare = compile((a: Tensor2D, b: Tensor2D) =>
  tf.tidy(() => {
    const squares = tf.sum(tf.square(b), 1)
    const scores = tf.sub(squares, tf.mul(tf.matMul(a, b, false, true), 2))
    return { score: tf.min(scores, 1), place: tf.cast(tf.argMin(scores, 1), "float32") }
  })
)

const distanceOf = (a: Float32Array, b: Float32Array): number => {
  let squares = 0
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2
  return Math.sqrt(squares / a.length)
}
