/** Convolutions with their weights. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { convTranspose } from "../layers/conv-transpose.ts"
import { conv, type Window } from "../layers/conv.ts"
import { type ParameterSpec, type Role, weightAndBias } from "../parameters.ts"
import { filterOf, type Module, vectorOf } from "./module.ts"

export interface ConvOptions extends Window {
  /** Transposed, it enlarges by its stride. */
  readonly transposed?: boolean
  readonly inputs: number
  readonly outputs: number
  readonly kernel: number
}

/** `NAME.weight` and `NAME.bias` of a convolution. */
export const convParameters = (
  name: string,
  { inputs, kernel, outputs, transposed = false }: ConvOptions,
  biasRole: Role
): ReadonlyArray<ParameterSpec> => {
  const channels = transposed ? [outputs, inputs] : [inputs, outputs]
  const bias = { size: outputs, role: biasRole }
  return weightAndBias(name, "filter", [kernel, kernel, ...channels], bias)
}

/** The convolution without its bias. */
export const applyConv = (x: Tensor4D, filter: Tensor4D, options: ConvOptions): Tensor4D =>
  options.transposed === true ? convTranspose(x, filter, options) : conv(x, filter, options)

/** PyTorch's `nn.Conv2d` or `nn.ConvTranspose2d`, with its bias. */
export const convModule = (name: string, options: ConvOptions): Module<Tensor4D> => ({
  parameters: convParameters(name, options, "trained"),
  apply: (pass, x) =>
    tf.add(applyConv(x, filterOf(pass, `${name}.weight`), options), vectorOf(pass, `${name}.bias`))
})
