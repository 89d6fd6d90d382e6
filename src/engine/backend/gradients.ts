/**
 * Gradients of sums and means that tell a rewrite what they are. TensorFlow.js's own multiply with a tensor of ones as large as
 * the input, which is data to us; these broadcast.
 */
import type { GradFunc, Tensor } from "@tensorflow/tfjs"
import { sizeOf } from "../graph/value.ts"
import { axesOf } from "../kernels/reduce.ts"
import { type TensorFlow } from "../tfjs.ts"

/** Replaces the gradients of `Sum` and `Mean`, for all backends: the numbers are the same. */
export const registerGradients = (tf: TensorFlow): void => {
  const spread =
    (scale: (count: number) => number): GradFunc =>
    (dy, [x], attrs) => {
      const input = x!
      const axes = axesOf((attrs as { readonly axis?: unknown }).axis, input.rank)
      const kept = input.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      const count = sizeOf(axes.map((axis) => input.shape[axis]!))
      return {
        x: () => {
          // There is nothing to broadcast to.
          if (input.size === 0) return tf.zeros(input.shape)
          const slope = tf.reshape(dy as Tensor, kept)
          const factor = scale(count)
          const scaled = factor === 1 ? slope : tf.div(slope, factor)
          return tf.broadcastTo(scaled, input.shape)
        }
      }
    }
  tf.registerGradient({ kernelName: "Sum", inputsToSave: ["x"], gradFunc: spread(() => 1) })
  tf.registerGradient({
    kernelName: "Mean",
    inputsToSave: ["x"],
    gradFunc: spread((count) => count)
  })
}
