/** The small images of networks that enlarge. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

/** Means over squares of `factor` pixels a side, which divides both sides: what training takes for the small image. */
export const shrunk = (images: Tensor4D, factor: number): Tensor4D =>
  tf.avgPool(images, factor, factor, "valid")

/**
 * As networks are shown small images: bilinear, corner on corner, as diffusers' `IFSuperResolutionPipeline` does.
 *
 * @param images `[N,h,w,C]`
 * @returns `[N,H,W,C]`
 */
export const atFullSize = (
  images: Tensor4D,
  [height, width]: readonly [height: number, width: number]
): Tensor4D => tf.image.resizeBilinear(images, [height, width], true)
