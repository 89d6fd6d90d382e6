/** An image as the sum of a blurred part and the rest. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import { gaussianBlur } from "./gaussian-blur.ts"

/**
 * `low = blur(x)` and `high = x - low`, for hybrid images.
 *
 * Geng, Park & Owens 2024, "Factorized Diffusion" (arXiv:2404.11615). In float32 `low + high` is `x` to within
 * 1 ulp of the larger of |x| and |low| where these share a sign, and 1.5 ulp where they do not; it is `x` exactly where
 * `low` lies between x/2 and 2x (Sterbenz's lemma).
 *
 * @param images `[N,H,W,C]`
 * @returns two new tensors of the same shape, owned by the caller
 */
export const frequencySplit = (
  images: Tensor4D,
  size: number,
  sigma: number
): { readonly low: Tensor4D; readonly high: Tensor4D } => {
  const low = gaussianBlur(images, size, sigma)
  return { low, high: tf.sub<Tensor4D>(images, low) }
}
