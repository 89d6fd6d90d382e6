/**
 * Tensors by name as one flat vector, one after another, each row-major, and back.
 *
 * The number of tensors in a graph costs more than their size: what is done alike to all parameters is done to one vector.
 */
import type { Tensor, Tensor1D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

export type Tensors = Readonly<Record<string, Tensor>>

/**
 * One vector of all, in the order of `like`.
 *
 * @throws RangeError when a tensor is missing or of another shape than its like
 */
export const flatten = (like: Tensors, tensors: Tensors = like): Tensor1D =>
  tf.tidy(() =>
    tf.concat1d(
      Object.entries(like).map(([name, { shape }]) => {
        const tensor = tensors[name]
        if (tensor?.shape.join() === shape.join()) return tf.reshape(tensor, [-1])
        const got = tensor === undefined ? "none" : `one of [${tensor.shape.join(",")}]`
        throw new RangeError(`${name} [${shape.join(",")}] needs a gradient, got ${got}`)
      })
    )
  )

/** The vector's parts, with the names and shapes of `like`. */
export const unflatten = (like: Tensors, vector: Tensor1D): Tensors =>
  tf.tidy(() => {
    const names = Object.keys(like)
    const parts = tf.split(
      vector,
      names.map((name) => like[name]!.size)
    )
    return Object.fromEntries(
      names.map((name, i) => [name, tf.reshape(parts[i]!, like[name]!.shape)])
    )
  })

/** How many numbers the tensors have together. */
export const flatSize = (tensors: Tensors): number =>
  Object.values(tensors).reduce((sum, { size }) => sum + size, 0)
