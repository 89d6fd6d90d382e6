/**
 * MLAS gives each thread images and groups of a convolution to itself. Only one image of one group is split by pixels, and
 * then sums longer than 128 are split by how many pixels a thread has: the bits depend on the number of threads. So one
 * image is computed as two equal ones, of which the second is dropped.
 */
import { type GraphBuilder } from "../../onnx/graph-builder.ts"

/** Pixels of the result above which every thread of 32 has so many that the sums are split in one way. */
const manyPixels = 4096

/**
 * @param image `[1, I, H, W]`
 * @param sum how many products each element of the result adds up
 * @param pixels of the result
 * @param convolve makes the result, `[N, O, OH, OW]`, for the given images
 */
export const asOneOfTwo = (
  onnx: GraphBuilder,
  image: string,
  { pixels, sum }: { readonly sum: number; readonly pixels: number },
  convolve: (images: string) => string
): string => {
  if (sum <= 128 || pixels >= manyPixels) return convolve(image)
  const both = convolve(onnx.node("Concat", [image, image], { axis: 0 }))
  return onnx.node("Slice", [both, onnx.ints([0]), onnx.ints([1]), onnx.ints([0])])
}
