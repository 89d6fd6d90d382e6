/** How far an image is from a reference: MSE, PSNR and SSIM, one number an image. */
import type { Tensor1D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"
import { filterSeparably, gaussianWeights } from "./gaussian-blur.ts"

/**
 * The mean squared difference over all pixels and channels.
 *
 * @param images `[N,H,W,C]`
 * @param reference of the same shape, or `[1,H,W,C]` for all
 * @returns `[N]`; a new tensor, owned by the caller
 */
export const meanSquaredError = (images: Tensor4D, reference: Tensor4D): Tensor1D =>
  tf.tidy(() => images.squaredDifference(reference).mean([1, 2, 3]))

/**
 * Peak signal to noise ratio in decibels, `10 log₁₀(peak² / MSE)`; infinite when the images are equal.
 *
 * @param peak the length of the pixel range: 2 for [-1,1], 1 for [0,1]
 */
export const peakSignalToNoise = (meanSquaredError: number, peak: number): number =>
  meanSquaredError === 0
    ? Number.POSITIVE_INFINITY
    : 10 * Math.log10((peak * peak) / meanSquaredError)

/** Images need at least this height and width for SSIM: its window. */
export const similarityWindow = 11

/**
 * Structural similarity, the mean over all windows that lie inside the image and over channels; 1 when the images are equal.
 *
 * Wang, Bovik, Sheikh & Simoncelli 2004 (IEEE Trans. Image Processing 13(4)), equation 13, with their 11 × 11 Gaussian window
 * of deviation 1.5, K1 = 0.01, K2 = 0.03, and weighted moments without Bessel's correction. As scikit-image's
 * `structural_similarity(gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=peak)`.
 *
 * @param images `[N,H,W,C]`
 * @param reference of the same shape, or `[1,H,W,C]` for all
 * @param peak the length of the pixel range: 2 for [-1,1], 1 for [0,1]
 * @returns `[N]`; a new tensor, owned by the caller
 */
export const structuralSimilarity = (
  images: Tensor4D,
  reference: Tensor4D,
  peak: number
): Tensor1D => {
  const [, height, width] = images.shape
  if (Math.min(height, width) < similarityWindow) {
    throw new RangeError(`SSIM needs images of at least 11 x 11 pixels, got ${width} x ${height}`)
  }
  const [c1, c2] = [(0.01 * peak) ** 2, (0.03 * peak) ** 2]
  const weights = gaussianWeights(similarityWindow, 1.5)
  return tf.tidy(() => {
    // Variances do not depend on where zero is; about the mean, float32 keeps more of a small one. Of each image by itself,
    // so that its number does not depend on the others.
    const meanOf = (values: Tensor4D) => values.mean<Tensor4D>([1, 2, 3], true)
    const middle = meanOf(images).add(meanOf(reference)).div(2)
    const [x, y] = [images.sub<Tensor4D>(middle), reference.sub<Tensor4D>(middle)]
    const local = (values: Tensor4D) => filterSeparably(values, weights)
    const [meanX, meanY] = [local(x), local(y)]
    // Only the sum of both variances occurs in the formula: one filter fewer.
    const variances = local(x.square().add(y.square())).sub(meanX.square().add(meanY.square()))
    const covariance = local(x.mul(y)).sub(meanX.mul(meanY))
    const [trueX, trueY] = [meanX.add(middle), meanY.add(middle)]
    const luminance = trueX
      .mul(trueY)
      .mul(2)
      .add(c1)
      .div(trueX.square().add(trueY.square()).add(c1))
    const structure = covariance.mul(2).add(c2).div(variances.add(c2))
    return luminance.mul(structure).mean([1, 2, 3])
  })
}
