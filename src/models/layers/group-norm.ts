/** Group normalisation of images `[N,H,W,C]`: each image by itself, over H, W and the C/G channels of a group. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { customGradient } from "./custom-gradient.ts"

const overPixels = [1, 2]

export interface GroupNormOptions {
  /** G, a divisor of C; G = 1 normalises an image as a whole. */
  readonly groups: number
  /** Added to the variance. */
  readonly eps: number
}

/**
 * Wu & He 2018 (arXiv:1803.08494), as PyTorch's `nn.GroupNorm`: biased variance, a scale and a shift a channel.
 *
 * The gradient has the form of batch norm's, with coefficients `[N,1,1,C]`; the sums that are weighted by γ are gathered over
 * a group's channels.
 *
 * @param gamma,beta `[C]`
 * @throws RangeError when the groups do not divide the channels
 */
export const groupNorm = (
  x: Tensor4D,
  gamma: Tensor1D,
  beta: Tensor1D,
  { eps, groups }: GroupNormOptions
): Tensor4D => {
  const [images, height, width, channels] = x.shape
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new RangeError(`${channels} channels cannot be normalised in ${groups} groups`)
  }
  const count = (height * width * channels) / groups
  /** Sums `[N,C]` over the channels of each group; the sum stands at each of them again, `[N,1,1,C]`. */
  const overGroups = (perChannel: Tensor): Tensor4D => {
    const size = channels / groups
    const sums = tf.sum(tf.reshape(perChannel, [images, groups, size]), 2, true)
    return tf.reshape(tf.tile(sums, [1, 1, size]), [images, 1, 1, channels])
  }
  return customGradient<Tensor4D, { xc: Tensor4D; istd: Tensor4D; gamma: Tensor1D }>(
    [x, gamma, beta],
    () => {
      const mean = tf.div(overGroups(tf.sum(x, overPixels)), count)
      const xc = tf.sub<Tensor4D>(x, mean)
      const variance = tf.div(overGroups(tf.sum(tf.mul(xc, xc), overPixels)), count)
      const istd = tf.div<Tensor4D>(1, tf.sqrt(tf.add(variance, eps)))
      return {
        value: tf.add(tf.mul(xc, tf.mul(gamma, istd)), beta),
        saved: { xc, istd, gamma },
        backward: (dz, { gamma, istd, xc }) => {
          const sdy = tf.sum<Tensor2D>(dz, overPixels)
          const sdx = tf.sum<Tensor2D>(tf.mul(dz, xc), overPixels)
          const dbeta = tf.sum(sdy, 0)
          const dgamma = tf.sum(tf.mul(sdx, tf.reshape(istd, [images, channels])), 0)
          const p = tf.mul(gamma, istd)
          const cubed = tf.mul(tf.mul(istd, istd), istd)
          const q = tf.div(tf.mul(tf.neg(cubed), overGroups(tf.mul(sdx, gamma))), count)
          const r = tf.div(tf.mul(tf.neg(istd), overGroups(tf.mul(sdy, gamma))), count)
          return [tf.add(tf.add(tf.mul(dz, p), tf.mul(xc, q)), r), dgamma, dbeta]
        }
      }
    }
  )
}
