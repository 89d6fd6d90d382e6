/** Transposed convolution of images `[N,H,W,C]`: the gradient of a convolution, used to enlarge. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import type { Window } from "./conv.ts"

/**
 * PyTorch's `nn.ConvTranspose2d` without its bias and without output padding.
 *
 * @param filter `[kh,kw,O,I]`: TensorFlow.js names the axes by the convolution that this is the gradient of
 * @returns `[N, (H - 1)·stride + kh - 2·padding, …, O]`
 */
export const convTranspose = (
  x: Tensor4D,
  filter: Tensor4D,
  { padding, stride }: Window
): Tensor4D => {
  const [images, height, width] = x.shape
  const [kernelHeight, kernelWidth, outputs] = filter.shape
  const size = (from: number, kernel: number) => (from - 1) * stride + kernel - 2 * padding
  return tf.conv2dTranspose(
    x,
    filter,
    [images, size(height, kernelHeight), size(width, kernelWidth), outputs],
    stride,
    padding
  )
}
