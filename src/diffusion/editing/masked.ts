/** Two images in one, by a mask. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

/**
 * `fresh` where the mask is 1, `known` where it is 0, to the last bit; between them a mixture.
 *
 * A sum of products would not give `known` back where `fresh` is infinite, and would turn -0 into 0.
 *
 * @param mask `[1,H,W,1]`
 * @param fresh `[N,H,W,C]`
 * @param known of the same shape
 */
export const masked = (mask: Tensor4D, fresh: Tensor4D, known: Tensor4D): Tensor4D =>
  tf.tidy(() => {
    const all = tf.broadcastTo(mask, fresh.shape)
    const mixed = tf.add(tf.mul(fresh, all), tf.mul(known, tf.sub(1, all)))
    const outside = tf.where(tf.equal(all, 0), known, mixed)
    return tf.where<Tensor4D>(tf.equal(all, 1), fresh, outside as Tensor4D)
  })
