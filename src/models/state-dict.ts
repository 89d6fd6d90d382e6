/**
 * To and from the names and layouts of PyTorch's `state_dict`, in plain JavaScript.
 *
 * | here | PyTorch |
 * | --- | --- |
 * | convolution `[kh,kw,I,O]` | `[O,I,kh,kw]` |
 * | transposed convolution `[kh,kw,O,I]` | `[I,O,kh,kw]` |
 * | linear `[I,O]` | `[O,I]` |
 * | vectors | alike |
 * | – | `num_batches_tracked` of each batch norm, an int64 scalar |
 *
 * So one is the other with its axes reversed, the two of a kernel counting as one.
 *
 * PyTorch counts the batches in each batch norm, only to be able to average over all of them, which nobody here does; all
 * the counts are equal. So a network's state has none, and the training loop's number of steps stands in for them.
 */
import type { Model, Weight } from "../values/values.ts"
import type { Arrays, ParameterSpec, State } from "./parameters.ts"

/** Tensors by name, as PyTorch has them. */
export type StateDict = Model["weights"]

const runningVariance = ".running_var"
const counter = ".num_batches_tracked"

/** The name of a batch norm's counter, which comes after its running variance; absent for other parameters. */
export const counterAfter = ({ name }: ParameterSpec): string | undefined =>
  name.endsWith(runningVariance) ? `${name.slice(0, -runningVariance.length)}${counter}` : undefined

/** The shape that PyTorch gives a parameter. */
export const torchShape = ({ layout, shape }: ParameterSpec): ReadonlyArray<number> => {
  if (layout === "plain") return shape
  const [last, ...rest] = shape.toReversed()
  return layout === "matrix" ? [last!, ...rest] : [last!, rest[0]!, shape[0]!, shape[1]!]
}

/**
 * A network's values as PyTorch would save them, in the order of `parameters`.
 *
 * @param batchesTracked how many training batches the running statistics have seen
 * @throws RangeError when values are missing
 */
export const toStateDict = (
  parameters: ReadonlyArray<ParameterSpec>,
  arrays: Arrays,
  batchesTracked: number
): StateDict => {
  const entries: Record<string, Weight> = {}
  for (const parameter of parameters) {
    const { layout, name } = parameter
    const values = arrays[name]
    if (values === undefined) throw new RangeError(`the state has no ${name}`)
    const shape = torchShape(parameter)
    const [outer, inner, kernel] = reversible(shape)
    const data = layout === "plain" ? values.slice() : reversed(values, [kernel, inner, outer])
    entries[name] = { shape, data }
    const counted = counterAfter(parameter)
    if (counted !== undefined) entries[counted] = count(batchesTracked)
  }
  return entries
}

/** The values of a state's tensors. Reads them: what is pending is computed. */
export const valuesOf = (state: State): Arrays =>
  Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => [name, tensor.dataSync<"float32">()])
  )

/**
 * A network's values in its own layouts; batch norms' counters are left out.
 *
 * @param weights that fit the network (`checkWeights`)
 * @returns copies, in the order of `parameters`
 */
export const fromStateDict = (
  parameters: ReadonlyArray<ParameterSpec>,
  weights: StateDict
): Arrays =>
  Object.fromEntries(
    parameters.map(({ layout, name }) => {
      const { data, shape } = weights[name] ?? { data: undefined, shape: [] }
      if (!(data instanceof Float32Array)) throw new RangeError(`the weights have no ${name}`)
      return [name, layout === "plain" ? data.slice() : reversed(data, reversible(shape))]
    })
  )

/**
 * The same weights in the order of `parameters`, with counters where the file that they come from had none.
 *
 * @param weights that fit the network (`checkWeights`)
 */
export const completeStateDict = (
  parameters: ReadonlyArray<ParameterSpec>,
  weights: StateDict
): StateDict =>
  Object.fromEntries(
    parameters.flatMap((parameter) => {
      const counter = counterAfter(parameter)
      const own = [parameter.name, weights[parameter.name]!] as const
      if (counter === undefined) return [own]
      return [own, [counter, weights[counter] ?? count(batchesTracked(weights))] as const]
    })
  )

const count = (batches: number): Weight => ({
  shape: [],
  data: BigInt64Array.of(BigInt(batches))
})

/** How many training batches the running statistics have seen; 0 for weights that do not say. */
export const batchesTracked = (weights: StateDict): number =>
  Object.entries(weights).reduce(
    (most, [name, { data }]) =>
      name.endsWith(counter) ? Math.max(most, Number(data[0] ?? 0)) : most,
    0
  )

type Three = readonly [number, number, number]

/** PyTorch's shape as three axes: two that are turned, and the kernel. */
const reversible = ([outer = 1, inner = 1, ...kernel]: ReadonlyArray<number>): Three => [
  outer,
  inner,
  kernel.reduce((area, dim) => area * dim, 1)
]

/** The tensor `[a,b,c]` as `[c,b,a]`. */
const reversed = (values: Float32Array, [a, b, c]: Three): Float32Array => {
  const result = new Float32Array(values.length)
  const row = b * c
  let to = 0
  for (let k = 0; k < c; k++) {
    for (let j = 0; j < b; j++) {
      const from = j * c + k
      for (let i = 0; i < a; i++) result[to++] = values[i * row + from]!
    }
  }
  return result
}
