/** Convolution of images `[N,H,W,C]`. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

export interface Window {
  readonly stride: number
  /**
   * Pixels of zeros on each side. Always a number: "same" pads one side more than the other under a stride, which PyTorch
   * never does.
   */
  readonly padding: number
}

/**
 * PyTorch's `nn.Conv2d` without its bias.
 *
 * @param filter `[kh,kw,I,O]`
 * @returns `[N, ⌊(H + 2·padding - kh) / stride⌋ + 1, …, O]`
 */
export const conv = (x: Tensor4D, filter: Tensor4D, { padding, stride }: Window): Tensor4D =>
  tf.conv2d(x, filter, stride, padding)
