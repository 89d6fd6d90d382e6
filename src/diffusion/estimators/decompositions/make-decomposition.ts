/** Decompositions from their parameters. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../../engine/tf.ts"
import { gaussianBlur } from "../../gaussian-blur.ts"
import type { Decomposition } from "./decomposition.ts"
import { componentsOf, type DecompositionParams } from "./decomposition-params.ts"

/**
 * Definitions after Geng, Park & Owens 2024 (arXiv:2404.11615), section 4, and their code: of three bands the stronger blur is of
 * what the weaker one left. Their streak has zeros beyond the border; ours mirrors, as our Gaussian blur does, so that borders do
 * not darken.
 */
export const makeDecomposition = (params: DecompositionParams): Decomposition => ({
  components: componentsOf[params.kind],
  leading: leadingOf(params)
})

const leadingOf = (params: DecompositionParams): Decomposition["leading"] => {
  switch (params.kind) {
    case "frequency-split":
      return (images) => [gaussianBlur(images, params.kernel, params.sigma)]
    case "three-bands": {
      const [weaker, stronger] = params.sigmas
      return (images) => {
        const weak = gaussianBlur(images, params.kernel, weaker)
        const low = gaussianBlur(weak, params.kernel, stronger)
        return [low, tf.sub(weak, low)]
      }
    }
    case "grey-and-colour":
      // The mean over the channels, in each of them.
      return (images) => [tf.broadcastTo(tf.mean(images, 3, true), images.shape)]
    case "motion-blur":
      return (images) => [streaked(images, params.kernel)]
    default:
      return (images) => [tf.mul(images, params.share)]
  }
}

/** The mean along a diagonal streak of `length` pixels, borders mirrored without repeating the edge. */
const streaked = (images: Tensor4D, length: number): Tensor4D => {
  const border = (length - 1) / 2
  const [, height, width, channels] = images.shape
  const padding: Array<[number, number]> = [
    [0, 0],
    [border, border],
    [border, border],
    [0, 0]
  ]
  const padded = tf.mirrorPad(images, padding, "reflect")
  const weights = tf.mul(tf.eye(length), 1 / length)
  const filter = tf.tile(tf.reshape(weights, [length, length, 1, 1]), [1, 1, channels, 1])
  return tf.reshape(tf.depthwiseConv2d(padded, filter as Tensor4D, 1, "valid"), [
    -1,
    height,
    width,
    channels
  ])
}
