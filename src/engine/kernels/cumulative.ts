/** Running sums and products along an axis. */
import { convert } from "../lowering/convert.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { type Spec } from "../graph/value.ts"
import { type Primitive } from "./kernel.ts"
import { axesOf } from "./reduce.ts"

interface Direction {
  readonly axis: number
  /** Whether each element is left out of its own result. */
  readonly exclusive: boolean
  /** Whether it runs from the end. */
  readonly reverse: boolean
}

type Emit = (lowering: Lowering, x: string, like: Spec, direction: Direction) => string

const cumulative = (name: string, emit: Emit): Primitive => ({
  name,
  inputs: ["x"],
  infer: ([x], { axis }) => {
    axesOf(axis, x!.shape.length)
    return [{ shape: x!.shape, dtype: x!.dtype === "bool" ? "int32" : x!.dtype }]
  },
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    if (output!.size === 0) return lowering.defineUniform(output!, 0)
    const values = convert(lowering, lowering.plain(x!), x!.dtype, output!.dtype)
    const result = emit(lowering, values, output!, {
      axis: axesOf(attrs["axis"], x!.shape.length)[0]!,
      exclusive: attrs["exclusive"] === true,
      reverse: attrs["reverse"] === true
    })
    lowering.define(output!, "plain", result)
  }
})

const sum: Emit = ({ onnx }, x, _, { axis, exclusive, reverse }) =>
  onnx.node("CumSum", [x, onnx.constant("int64", [], BigInt64Array.of(BigInt(axis)))], {
    exclusive: exclusive ? 1 : 0,
    reverse: reverse ? 1 : 0
  })

/**
 * By doubling (Hillis and Steele 1986): after k rounds each element holds the product of the 2^k up to it, so for n elements
 * log2(n) multiplications of whole tensors suffice.
 */
const product: Emit = ({ onnx }, x, { dtype, shape }, { axis, exclusive, reverse }) => {
  const length = shape[axis]!
  const one = dtype === "int32" ? onnx.int32(1) : onnx.float(1)
  /** Moved along by `distance`, ones coming in. */
  const shifted = (name: string, distance: number): string => {
    const ones = onnx.node("Expand", [one, onnx.ints(shape.with(axis, distance))])
    const [start, end] = reverse ? [distance, length] : [0, length - distance]
    const kept = onnx.node("Slice", [name, onnx.ints([start]), onnx.ints([end]), onnx.ints([axis])])
    return onnx.node("Concat", reverse ? [kept, ones] : [ones, kept], { axis })
  }
  let products = exclusive ? shifted(x, 1) : x
  for (let distance = 1; distance < length; distance *= 2) {
    products = onnx.node("Mul", [products, shifted(products, distance)])
  }
  return products
}

export const cumulativeKernels: ReadonlyArray<Primitive> = [
  cumulative("Cumsum", sum),
  cumulative("Cumprod", product)
]
