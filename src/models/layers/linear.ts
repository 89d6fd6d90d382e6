/** A dense layer on the last axis. */
import type { Tensor, Tensor1D, Tensor2D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

export interface LinearWeights {
  /** `[I,O]`, the transpose of PyTorch's; PyTorch's own `[O,I]` where `outputsFirst` says so. */
  readonly weight: Tensor2D
  /** `[O]` */
  readonly bias?: Tensor1D
  /** For weights that stay in a file: a product reads them in either order, a transposed copy would be in memory. */
  readonly outputsFirst?: boolean
}

/**
 * PyTorch's `nn.Linear`: `x W + b`.
 *
 * @param x `[..., I]`
 * @returns `[..., O]`
 */
export const linear = <T extends Tensor>(
  x: T,
  { bias, outputsFirst = false, weight }: LinearWeights
): T => {
  const [rows, columns] = weight.shape
  const [inputs, outputs] = outputsFirst ? [columns, rows] : [rows, columns]
  // As one matrix: a product of many small matrices is slower, and so is its gradient.
  const product = tf.matMul(
    x.rank === 2 ? x : tf.reshape(x, [-1, inputs]),
    weight,
    false,
    outputsFirst
  )
  const biased = bias === undefined ? product : tf.add(product, bias)
  return (x.rank === 2
    ? biased
    : tf.reshape(biased, [...x.shape.slice(0, -1), outputs])) as unknown as T
}
