/** Gaussian blur as torchvision defines it. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

/**
 * The weights of a Gaussian at whole pixels, centred, with sum 1.
 *
 * torchvision `_functional_tensor.py`, `_get_gaussian_kernel1d`: the density at `linspace(-(n-1)/2, (n-1)/2, n)`,
 * normalised by its sum. Computed in float64 and rounded once.
 *
 * @param size number of weights
 * @param sigma deviation in pixels, above 0
 */
export const gaussianWeights = (size: number, sigma: number): Float32Array => {
  if (!Number.isInteger(size) || size < 1) {
    throw new RangeError(`a kernel's size is a positive whole number, got ${size}`)
  }
  if (!(sigma > 0) || !Number.isFinite(sigma)) {
    throw new RangeError(`a Gaussian's sigma is above 0, got ${sigma}`)
  }
  const density = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-0.5 * ((i - (size - 1) / 2) / sigma) ** 2)
  )
  const total = density.reduce((sum, value) => sum + value, 0)
  return Float32Array.from(density, (value) => value / total)
}

/** torchvision's sigma for a kernel when none is given: `0.3 ((size - 1) / 2 - 1) + 0.8`. */
export const defaultSigma = (size: number): number => 0.3 * ((size - 1) * 0.5 - 1) + 0.8

/** Whether an image of this height and width is large enough to be mirrored at its borders for a kernel of `size`. */
export const fitsKernel = (height: number, width: number, size: number): boolean =>
  Math.min(height, width) > (size - 1) / 2

/**
 * The images convolved with a Gaussian of `size` × `size` weights, borders mirrored without repeating the edge pixel.
 *
 * torchvision `gaussian_blur` with equal kernel size and sigma on both axes. torchvision applies the outer product
 * of the weights in one pass; two passes of the weights themselves give the same sums up to float32 rounding.
 *
 * @param images `[N,H,W,C]`, any number of channels
 * @param size odd; an image side must be longer than (size - 1) / 2
 * @returns a new tensor of the same shape, owned by the caller
 */
export const gaussianBlur = (images: Tensor4D, size: number, sigma: number): Tensor4D => {
  const [, height, width] = images.shape
  if (size % 2 !== 1) throw new RangeError(`a blur's kernel size is odd, got ${size}`)
  if (!fitsKernel(height, width, size)) {
    throw new RangeError(
      `a kernel of ${size} pixels is too large for an image of ${width} x ${height}`
    )
  }
  const border = (size - 1) / 2
  const [none, both] = [[0, 0] as [number, number], [border, border] as [number, number]]
  return tf.tidy(() =>
    filterSeparably(
      tf.mirrorPad(images, [none, both, both, none], "reflect"),
      gaussianWeights(size, sigma)
    )
  )
}

/**
 * Each channel convolved with the weights along height, then along width, only where they fit inside the image.
 *
 * @param images `[N,H,W,C]`
 * @returns `[N, H - n + 1, W - n + 1, C]` for n weights; a new tensor, owned by the caller
 */
export const filterSeparably = (images: Tensor4D, weights: Float32Array): Tensor4D =>
  tf.tidy(() => {
    const channels = images.shape[3]
    const filter = (height: number, width: number) =>
      tf.tensor4d(weights, [height, width, 1, 1]).tile<Tensor4D>([1, 1, channels, 1])
    return images
      .depthwiseConv2d<Tensor4D>(filter(weights.length, 1), 1, "valid")
      .depthwiseConv2d<Tensor4D>(filter(1, weights.length), 1, "valid")
  })
