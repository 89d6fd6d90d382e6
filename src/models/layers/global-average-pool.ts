/** The mean of each channel of each image. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { customGradient } from "./custom-gradient.ts"

/** `[N,H,W,C]` to `[N,1,1,C]`; PyTorch's `nn.AvgPool2d` with the whole image as its window. */
export const globalAveragePool = (x: Tensor4D): Tensor4D => {
  const [, height, width] = x.shape
  return customGradient<Tensor4D, Record<string, never>>([x], () => ({
    value: tf.mean(x, [1, 2], true),
    saved: {},
    // TensorFlow.js would multiply by a tensor of ones of the shape of x first.
    backward: (dy) => [tf.tile(tf.div(dy, height * width), [1, height, width, 1])]
  }))
}
