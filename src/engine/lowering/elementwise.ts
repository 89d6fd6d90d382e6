/** Kernels that work element by element: in whichever form their large inputs already are. */
import { type Shape, type Value, sameShape } from "../graph/value.ts"
import { type Form, type Lowering } from "./lowering.ts"

/**
 * Emits an element-wise operator of numpy's broadcasting.
 *
 * @param emit gets the ONNX names of the inputs, in one form, and returns that of the result
 */
export const elementwise = (
  lowering: Lowering,
  inputs: ReadonlyArray<Value>,
  output: Value,
  emit: (names: ReadonlyArray<string>) => string
): void => {
  if (output.size === 0) return lowering.defineUniform(output, 0)
  const full = inputs.filter((input) => isFull(lowering, input, output))
  const form = formFor(lowering, inputs, full, output)
  // A tensor that is filled with one number need not be made where another input gives the result its shape.
  const fold = full.length > 0
  const names = inputs.map((input) => operand(lowering, input, output.shape, form, fold))
  lowering.define(output, form, emit(names))
}

const isFull = (lowering: Lowering, input: Value, output: Value): boolean =>
  sameShape(input.shape, output.shape) && lowering.uniform(input) === undefined

/** The form in which an element-wise kernel is cheapest: that of its inputs of full size. */
const formFor = (
  lowering: Lowering,
  inputs: ReadonlyArray<Value>,
  full: ReadonlyArray<Value>,
  output: Value
): Form => {
  const [, h = 0, w = 0] = output.shape
  if (output.shape.length !== 4 || h * w === 1 || full.length === 0) return "plain"
  const rest = inputs.filter((input) => !full.includes(input))
  const small = rest.every((input) => isScalar(lowering, input))
  const blockable = [...full, output].every((value) => lowering.blockable(value))
  if (blockable && small && full.some((input) => lowering.has(input, "blocked"))) return "blocked"
  if (full.some((input) => lowering.has(input, "plain"))) return "plain"
  return full.some((input) => lowering.has(input, "nchw")) ? "nchw" : "plain"
}

const isScalar = (lowering: Lowering, input: Value): boolean =>
  lowering.uniform(input) !== undefined || input.size === 1

/** An input in the form of the result, broadcastable to it. */
const operand = (
  lowering: Lowering,
  input: Value,
  shape: Shape,
  form: Form,
  fold: boolean
): string => {
  const { onnx } = lowering
  const uniform = lowering.uniform(input)
  if (uniform !== undefined && fold) {
    return scalarOf(lowering, input.dtype, uniform, form === "plain" ? 0 : 4)
  }
  if (form === "plain") return lowering.plain(input)
  if (sameShape(input.shape, shape)) return lowering.get(input, form)
  if (input.size === 1) return onnx.reshape(lowering.plain(input), [1, 1, 1, 1])
  // Smaller than the result: small enough to be moved around.
  const padded = [...Array<number>(4 - input.shape.length).fill(1), ...input.shape]
  return onnx.transpose(onnx.reshape(lowering.plain(input), padded), [0, 3, 1, 2])
}

const scalarOf = (
  lowering: Lowering,
  dtype: Value["dtype"],
  value: number,
  rank: number
): string => {
  const dims = Array<number>(rank).fill(1)
  if (dtype === "int32") return lowering.onnx.int32(value, dims)
  if (dtype === "float32") return lowering.onnx.float(value, dims)
  return lowering.onnx.constant("bool", dims, new Uint8Array([value === 0 ? 0 : 1]))
}
