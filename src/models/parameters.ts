/**
 * What a network's tensors are called, how they are shaped and with what they start.
 *
 * Names are those of the `state_dict` of a PyTorch module of the same structure (`down1.down.conv.weight`), so that its weights
 * can be loaded and compared; shapes are TensorFlow.js's (`state-dict.ts` translates).
 */
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

/** A network's tensors by name: trained ones and running statistics. Variables are tensors too. */
export type State = Readonly<Record<string, Tensor>>

/** The values of a state, each row-major. */
export type Arrays = Readonly<Record<string, Float32Array>>

/** How PyTorch orders the same numbers: a filter's axes and a matrix's are turned, others are alike. */
export type Layout = "filter" | "matrix" | "plain"

/**
 * - `trained`: has a gradient;
 * - `cancelled`: a bias before a batch norm, which subtracts it again. Its gradient is zero, so training leaves it alone; it
 *   shifts the running mean, no more. (PyTorch computes a gradient of rounding errors, by which Adam moves it about.)
 * - `statistic`: a running mean or variance, updated by the forward pass.
 */
export type Role = "trained" | "cancelled" | "statistic"

export interface ParameterSpec {
  readonly name: string
  /** A filter is `[kh,kw,I,O]`, of a transposed convolution `[kh,kw,O,I]`; a matrix `[I,O]`. */
  readonly shape: ReadonlyArray<number>
  readonly layout: Layout
  readonly role: Role
  /** Uniform in ± a bound, or all the same. */
  readonly start: { readonly bound: number } | { readonly value: number }
}

/** The number of values in a shape. */
export const sizeOf = (shape: ReadonlyArray<number>): number =>
  shape.reduce((product, dim) => product * dim, 1)

/** Tensors of the values, which they share; they belong to the caller. */
export const tensorsOf = (parameters: ReadonlyArray<ParameterSpec>, arrays: Arrays): State =>
  Object.fromEntries(
    parameters.map(({ name, shape }) => [name, tf.tensor(arrays[name]!, [...shape], "float32")])
  )

/** The names of the parameters that have a gradient, in order. */
export const trainedNames = (parameters: ReadonlyArray<ParameterSpec>): ReadonlyArray<string> =>
  parameters.filter(({ role }) => role === "trained").map(({ name }) => name)

/** What PyTorch counts as parameters: all but the running statistics. */
export const parameterCount = (parameters: ReadonlyArray<ParameterSpec>): number =>
  parameters
    .filter(({ role }) => role !== "statistic")
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0)

/**
 * The weight and bias of a layer, with PyTorch's bounds for both: ±1/√(fan in).
 *
 * That is `kaiming_uniform_` with a = √5, of `reset_parameters` in `nn.Linear` and `nn.Conv2d`. The fan in is the size of
 * PyTorch's second axis times the kernel's area: for a transposed convolution that is its *outputs*.
 *
 * @param shape of the weight, in our order
 * @param bias how many biases
 */
export const weightAndBias = (
  name: string,
  layout: "filter" | "matrix",
  shape: ReadonlyArray<number>,
  bias: { readonly size: number; readonly role: Role }
): ReadonlyArray<ParameterSpec> => {
  // Our last axis is PyTorch's first (a filter) or, of a matrix, its second turned first: the rest feeds one value.
  const start = { bound: 1 / Math.sqrt(sizeOf(shape.slice(0, -1))) }
  return [
    { name: `${name}.weight`, shape, layout, role: "trained", start },
    { name: `${name}.bias`, shape: [bias.size], layout: "plain", role: bias.role, start }
  ]
}

/** A batch norm's parameters and statistics. `num_batches_tracked` is not among them: see `state-dict.ts`. */
export const batchNormParameters = (
  name: string,
  channels: number
): ReadonlyArray<ParameterSpec> => {
  const vector = (suffix: string, role: Role, value: number): ParameterSpec => {
    return { name: `${name}.${suffix}`, shape: [channels], layout: "plain", role, start: { value } }
  }
  return [
    vector("weight", "trained", 1),
    vector("bias", "trained", 0),
    vector("running_mean", "statistic", 0),
    vector("running_var", "statistic", 1)
  ]
}
