/**
 * The tensors of a state whose axes are in PyTorch's order, as the layers take them. Weights that stay in their files are used
 * in that order: what is turned here is turned inside of the program that uses it, and no second copy is kept.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import type { State } from "../parameters.ts"
import type { LinearWeights } from "./linear.ts"

export interface TorchWeights {
  /** The tensors of a part, such as `down_blocks.0`. */
  readonly below: (part: string) => TorchWeights
  /** A tensor of one axis. */
  readonly vector: (name: string) => Tensor1D
  /** A tensor of two axes, as it is stored. */
  readonly matrix: (name: string) => Tensor2D
  /** `NAME.weight` `[O,I]` of an `nn.Linear` without a bias. */
  readonly product: (name: string) => LinearWeights
  /** `NAME.weight` and `NAME.bias` of an `nn.Linear`. */
  readonly linear: (name: string) => LinearWeights
  /** `NAME.weight` `[O,I,kh,kw]` of an `nn.Conv2d` as `[kh,kw,I,O]`, and `NAME.bias`. */
  readonly conv: (name: string) => { readonly filter: Tensor4D; readonly bias: Tensor1D }
  /** `NAME.weight` and `NAME.bias` of a norm. */
  readonly norm: (name: string) => { readonly gamma: Tensor1D; readonly beta: Tensor1D }
}

/**
 * @param state tensors by PyTorch's names
 * @throws RangeError when a tensor that is asked for is not there, or has another number of axes
 */
export const torchWeights = (state: State, prefix = ""): TorchWeights => {
  const tensorOf = (name: string, rank: number): Tensor => {
    const tensor = Object.hasOwn(state, `${prefix}${name}`) ? state[`${prefix}${name}`] : undefined
    if (tensor?.rank === rank) return tensor
    const got = tensor === undefined ? "none" : `one of rank ${tensor.rank}`
    throw new RangeError(
      `the network needs a tensor ${prefix}${name} of rank ${rank}, its state has ${got}`
    )
  }
  const vector = (name: string) => tensorOf(name, 1) as Tensor1D
  const matrix = (name: string) => tensorOf(name, 2) as Tensor2D
  const product = (name: string) => ({ weight: matrix(`${name}.weight`), outputsFirst: true })
  return {
    below: (part) => torchWeights(state, `${prefix}${part}.`),
    vector,
    matrix,
    product,
    linear: (name) => ({ ...product(name), bias: vector(`${name}.bias`) }),
    conv: (name) => ({
      filter: tf.transpose(tensorOf(`${name}.weight`, 4) as Tensor4D, [2, 3, 1, 0]),
      bias: vector(`${name}.bias`)
    }),
    norm: (name) => ({ gamma: vector(`${name}.weight`), beta: vector(`${name}.bias`) })
  }
}
