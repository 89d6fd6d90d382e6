/** A part of a network: which parameters it has, and what it does with them. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import type { ParameterSpec, State } from "../parameters.ts"

/** One run of a network: its tensors, its mode, and what it leaves behind. */
export interface Pass {
  readonly state: State
  /** Batch norms use the batch's statistics and update the running ones; otherwise they use the running ones. */
  readonly training: boolean
  /** The new running statistics by name; filled by the batch norms of a training pass. */
  readonly statistics: Record<string, Tensor>
}

/** Calling it twice with the same tensors gives the same values: nothing is kept between passes. */
export interface Module<In extends Tensor, Out extends Tensor = In> {
  /** In the order in which a PyTorch module would register them. */
  readonly parameters: ReadonlyArray<ParameterSpec>
  readonly apply: (pass: Pass, x: In) => Out
}

/** A vector, matrix or filter of a pass's state. */
export const vectorOf = (pass: Pass, name: string) => tensorOf(pass, name, 1) as Tensor1D
export const matrixOf = (pass: Pass, name: string) => tensorOf(pass, name, 2) as Tensor2D
export const filterOf = (pass: Pass, name: string) => tensorOf(pass, name, 4) as Tensor4D

const tensorOf = ({ state }: Pass, name: string, rank: number): Tensor => {
  const tensor = state[name]
  if (tensor?.rank === rank) return tensor
  const got = tensor === undefined ? "none" : `one of rank ${tensor.rank}`
  throw new RangeError(`the network needs a tensor ${name} of rank ${rank}, its state has ${got}`)
}

/** One after another. */
export const sequence = <T extends Tensor>(...modules: ReadonlyArray<Module<T>>): Module<T> => ({
  parameters: modules.flatMap(({ parameters }) => parameters),
  apply: (pass, x) => modules.reduce((y, module) => module.apply(pass, y), x)
})
