/**
 * To and from the names and layouts of PyTorch's `state_dict`.
 *
 * | here | PyTorch |
 * | --- | --- |
 * | convolution `[kh,kw,I,O]` | `[O,I,kh,kw]` |
 * | transposed convolution `[kh,kw,O,I]` | `[I,O,kh,kw]` |
 * | linear `[I,O]` | `[O,I]` |
 * | vectors | alike |
 * | – | `num_batches_tracked` of each batch norm, a scalar |
 *
 * PyTorch counts the batches in each batch norm, only to be able to average over all of them, which nobody here does; all
 * the counts are equal. So a network's state has none, and the training loop's number of steps stands in for them.
 */
import type { Tensor } from "@tensorflow/tfjs"
import { UserError } from "../base/user-error.ts"
import { tf } from "../engine/tf.ts"
import type { Layout, ParameterSpec, State } from "./parameters.ts"

const toTorch: Record<Layout, ReadonlyArray<number> | undefined> = {
  filter: [3, 2, 0, 1],
  matrix: [1, 0],
  plain: undefined
}
const fromTorch: Record<Layout, ReadonlyArray<number> | undefined> = {
  filter: [2, 3, 1, 0],
  matrix: [1, 0],
  plain: undefined
}

const runningVariance = ".running_var"
const counter = ".num_batches_tracked"

/** The shape that PyTorch gives a parameter. */
export const torchShape = ({ layout, shape }: ParameterSpec): ReadonlyArray<number> =>
  toTorch[layout]?.map((axis) => shape[axis]!) ?? shape

/**
 * A network's state as PyTorch would save it, in the order of `parameters`.
 *
 * @param batchesTracked how many training batches the running statistics have seen
 * @returns tensors that belong to the caller; the counters are int32 here and int64 in PyTorch
 * @throws RangeError when a tensor is missing
 */
export const toStateDict = (
  parameters: ReadonlyArray<ParameterSpec>,
  state: State,
  batchesTracked: number
): Record<string, Tensor> =>
  tf.tidy(() => {
    const entries: Record<string, Tensor> = {}
    for (const { layout, name } of parameters) {
      const tensor = state[name]
      if (tensor === undefined) throw new RangeError(`the state has no ${name}`)
      const order = toTorch[layout]
      entries[name] = order === undefined ? tensor.clone() : tf.transpose(tensor, [...order])
      if (name.endsWith(runningVariance)) {
        const norm = name.slice(0, -runningVariance.length)
        entries[`${norm}${counter}`] = tf.scalar(batchesTracked, "int32")
      }
    }
    return entries
  })

/**
 * A network's state from tensors in PyTorch's layouts; the batch norms' counters may be there or not.
 *
 * @param shown how messages name the weights, such as their file
 * @returns tensors in the order of `parameters`; they belong to the caller
 * @throws UserError naming every tensor that is missing, too many, or of another shape
 */
export const fromStateDict = (
  parameters: ReadonlyArray<ParameterSpec>,
  entries: Readonly<Record<string, Tensor>>,
  shown = "the weights"
): State => {
  const problems = mismatches(parameters, entries)
  if (problems.length > 0) {
    throw new UserError(`${shown} do not fit the network: ${problems.join("; ")}`, {
      hint: "Give the network the settings (channels, conditioning, classes, size) that the weights were made with."
    })
  }
  return tf.tidy(() =>
    Object.fromEntries(
      parameters.map(({ layout, name }) => {
        const order = fromTorch[layout]
        const entry = entries[name]!
        return [name, order === undefined ? entry.clone() : tf.transpose(entry, [...order])]
      })
    )
  )
}

/** Beyond these a message helps no more. */
const shownProblems = 5

const mismatches = (
  parameters: ReadonlyArray<ParameterSpec>,
  entries: Readonly<Record<string, Tensor>>
): ReadonlyArray<string> => {
  const known = new Set(parameters.map(({ name }) => name))
  const wrong = parameters.flatMap((parameter) => {
    const { name } = parameter
    if (!Object.hasOwn(entries, name)) return [`${name} is missing`]
    const [expected, got] = [torchShape(parameter).join(","), entries[name]!.shape.join(",")]
    return expected === got ? [] : [`${name} is [${got}] where the network has [${expected}]`]
  })
  const unknown = Object.keys(entries).filter((name) => !known.has(name) && !name.endsWith(counter))
  const problems = [...wrong, ...unknown.map((name) => `the network has no ${name}`)]
  const more = problems.length - shownProblems
  return more > 0 ? [...problems.slice(0, shownProblems), `and ${more} more`] : problems
}
