/** Matrix products. */
import { broadcastShape } from "../graph/broadcast.ts"
import { type Shape, type Value, sizeOf } from "../graph/value.ts"
import { convert } from "../lowering/convert.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { product, simpleProduct } from "../lowering/product.ts"
import { activate } from "./activation.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

/** Inputs `[…, m, k]` and `[…, k, n]`, stored transposed where the attributes say so; the axes before are broadcast. */
const batchMatMul: Primitive = {
  name: "BatchMatMul",
  inputs: ["a", "b"],
  infer: ([a, b], { transposeA, transposeB }) => {
    if (a!.shape.length < 2 || b!.shape.length < 2) {
      throw new Error(
        `Error in matMul: inputs must have at least rank 2, got ${a!.shape.length} and ${b!.shape.length}`
      )
    }
    const [m, k] = lastTwo(a!.shape, transposeA === true)
    const [inner, n] = lastTwo(b!.shape, transposeB === true)
    if (k !== inner) {
      throw new Error(
        `Error in matMul: inner shapes (${k}) and (${inner}) of Tensors with shapes ${a!.shape.join()} and ` +
          `${b!.shape.join()} and transposeA=${transposeA === true} and transposeB=${transposeB === true} must match.`
      )
    }
    const batch = broadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2))
    return [{ shape: [...batch, m, n], dtype: a!.dtype }]
  },
  lower: ({ attrs, inputs: [a, b], outputs: [output] }, lowering) => {
    if (a!.size === 0 || b!.size === 0) return lowering.defineUniform(output!, 0)
    const transposeA = attrs["transposeA"] === true
    const transposeB = attrs["transposeB"] === true
    const [m, k] = lastTwo(a!.shape, transposeA)
    const [, n] = lastTwo(b!.shape, transposeB)
    const size = { m, k, n, transposeA, transposeB }
    const { names, result: define } = operandsOf(lowering, a!, b!, output!)
    if (output!.dtype === "float32" && !transposeA && sizeOf(b!.shape.slice(0, -2)) === 1) {
      // One right side for the whole batch: its rows are those of one matrix.
      const rows = a!.size / k
      const result = product(
        lowering,
        lowering.onnx.reshape(names[0], [rows, k]),
        lowering.onnx.reshape(names[1], b!.shape.slice(-2)),
        { ...size, m: rows }
      )
      return define(lowering.onnx.reshape(result, output!.shape))
    }
    const rank = output!.shape.length
    const full = { ...size, rank, batch: sizeOf(output!.shape.slice(0, -2)) }
    const [left, right] = [a!, b!].map((value, index) =>
      ranked(lowering, names[index]!, value.shape, rank)
    )
    const result =
      output!.dtype === "float32"
        ? product(lowering, left!, right!, full)
        : integerProduct(lowering, output!, left!, right!, full)
    define(result)
  }
}

/** The operands, and what to do with their product: in float16 where one of them is stored so and the provider can. */
const operandsOf = (lowering: Lowering, a: Value, b: Value, output: Value) => {
  const { onnx } = lowering
  const halves = [lowering.half(a), lowering.half(b)]
  const inHalf = halves.some((half) => half !== undefined)
  const operand = (value: Value, index: 0 | 1): string =>
    inHalf ? (halves[index] ?? onnx.cast(lowering.plain(value), "float16")) : lowering.plain(value)
  return {
    names: [operand(a, 0), operand(b, 1)] as const,
    result: (name: string) =>
      lowering.define(output, "plain", inHalf ? onnx.cast(name, "float32") : name)
  }
}

/** ONNX has matrix products of int32, but not of booleans; exact, so by any number of threads. */
const integerProduct = (
  lowering: Lowering,
  { dtype }: Value,
  a: string,
  b: string,
  size: Parameters<typeof simpleProduct>[3]
): string => {
  const [left, right] = [a, b].map((name) => convert(lowering, name, dtype, "int32"))
  return convert(lowering, simpleProduct(lowering, left!, right!, size), "int32", dtype)
}

/** With axes of length 1 before its own. */
const ranked = ({ onnx }: Lowering, name: string, shape: Shape, rank: number): string => {
  const ones = Array<number>(rank - shape.length).fill(1)
  return ones.length === 0 ? name : onnx.reshape(name, [...ones, ...shape])
}

const lastTwo = (shape: Shape, transposed: boolean): readonly [number, number] => {
  const [rows, columns] = shape.slice(-2) as [number, number]
  return transposed ? [columns, rows] : [rows, columns]
}

/** A product, a bias that is broadcast to it, and an activation function. */
const fusedMatMul: Composite = {
  name: "_FusedMatMul",
  inputs: ["a", "b", "bias?", "preluActivationWeights?"],
  expand: (recorder, [a, b, bias, preluActivationWeights], attrs) => {
    const { activation, leakyreluAlpha, transposeA, transposeB } = attrs
    const made = recorder.one("BatchMatMul", [a!, b!], {
      transposeA: transposeA === true,
      transposeB: transposeB === true
    })
    const sum = bias === undefined ? made : recorder.one("Add", [made, bias])
    return [activate(recorder, sum, { activation, leakyreluAlpha, preluActivationWeights })]
  }
}

export const matmulKernels: ReadonlyArray<Kernel> = [batchMatMul, fusedMatMul]
