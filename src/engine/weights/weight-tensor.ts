import type { Tensor, TensorInfo } from "@tensorflow/tfjs"
import { type ExternalWeight } from "../graph/external-weight.ts"
import { tf } from "../tf.ts"
import { externalWeight } from "./external-data.ts"
import { findTensor } from "./find-tensor.ts"
import { readTensor } from "./read-tensor.ts"
import { type Weights } from "./weights.ts"

/** A backend whose tensors may lie in files. */
interface Adopting {
  readonly adoptWeight: (shape: ReadonlyArray<number>, weight: ExternalWeight) => TensorInfo
}

export interface WeightOptions {
  /**
   * Whether products with a weight that is stored as float16 may be computed in float16, where a device can: its operands and
   * results then have to stay below 65504 (default: yes). On the CPU everything is computed in float32.
   */
  readonly half?: boolean
}

/**
 * A model's tensor as a float32 `tf.Tensor`. Making it reads nothing: its elements stay in the file until a program uses them, and
 * ONNX Runtime takes them from there. On engines of TensorFlow.js's own it is read at once, and so are integers, which are few.
 *
 * A weight stored in 16 bits is converted, exactly, where it is used: in each run, and only for as long as it is needed; in a
 * `compile`d function, which is meant to run often, once and for all, in float32. A view of it (`reshape`, `transpose`) is
 * still in its file. Assigned to a variable, it is read when the variable is used first.
 *
 * @returns a tensor that belongs to the caller, as any other
 * @throws UserError when there is no such tensor, or its dtype has no reader
 */
export const weightTensor = (
  weights: Weights,
  name: string,
  { half = true }: WeightOptions = {}
): Tensor => {
  const tensor = findTensor(weights, name)
  const backend = tf.backend() as Partial<Adopting>
  const weight = externalWeight(tensor, half)
  if (weight === undefined || typeof backend.adoptWeight !== "function") {
    return tf.tensor(readTensor(weights, name), [...tensor.shape])
  }
  const info = (backend as Adopting).adoptWeight(tensor.shape, weight)
  return tf.engine().makeTensorFromTensorInfo(info)
}
