/** How often each number occurs, or the sum of its weights. */
import { type Value } from "../graph/value.ts"
import { convert } from "../lowering/convert.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { type ElementType } from "../onnx/element-type.ts"
import { type Primitive } from "./kernel.ts"

/**
 * Input x of whole numbers; what is not in [0, size) counts nowhere. (tfjs's cpu kernel refuses negative numbers, but a
 * recorded program cannot know them.) Weights are of x's size, or empty for counting. The attribute `binaryOutput` asks for
 * 1 where a number occurs at all.
 *
 * @param byRow whether a matrix is counted row by row
 */
const bincount = (name: string, byRow: boolean): Primitive => ({
  name,
  inputs: ["x", "weights"],
  infer: ([x, weights], { size }) => {
    const rows = byRow && x!.shape.length === 2 ? [x!.shape[0]!] : []
    return [{ shape: [...rows, size as number], dtype: weights!.dtype }]
  },
  lower: ({ attrs, inputs: [x, weights], outputs: [output] }, lowering) => {
    if (output!.size === 0 || x!.size === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const { dtype, shape } = output!
    const size = shape.at(-1)!
    const rows = shape.slice(0, -1)
    const dims = [...rows, x!.size / (rows[0] ?? 1)]
    const type: ElementType = dtype === "bool" ? "int32" : dtype
    const filled = (number: number, to: ReadonlyArray<number>) => {
      const one = type === "int32" ? onnx.int32(number) : onnx.float(number)
      return onnx.node("Expand", [one, onnx.ints(to)])
    }
    const binary = attrs["binaryOutput"] === true && rows.length > 0
    const updates =
      binary || weights!.size === 0
        ? filled(1, dims)
        : onnx.reshape(convert(lowering, lowering.plain(weights!), dtype, type), dims)
    // One bin more for what is out of range.
    const table = filled(0, [...rows, size + 1])
    const bins = onnx.node("ScatterElements", [table, binOf(lowering, x!, dims, size), updates], {
      axis: rows.length,
      ...(binary ? {} : { reduction: "add" })
    })
    const inRange = onnx.node("Slice", [
      bins,
      onnx.ints([0]),
      onnx.ints([size]),
      onnx.ints([rows.length])
    ])
    lowering.define(output!, "plain", convert(lowering, inRange, type, dtype))
  }
})

const binOf = (lowering: Lowering, x: Value, dims: ReadonlyArray<number>, size: number): string => {
  const { onnx } = lowering
  const numbers = convert(lowering, onnx.reshape(lowering.plain(x), dims), x.dtype, "int32")
  const isOut = onnx.node("Or", [
    onnx.node("Less", [numbers, onnx.int32(0)]),
    onnx.node("Greater", [numbers, onnx.int32(size)])
  ])
  return onnx.cast(onnx.node("Where", [isOut, onnx.int32(size), numbers]), "int64")
}

export const bincountKernels: ReadonlyArray<Primitive> = [
  bincount("Bincount", false),
  bincount("DenseBincount", true)
]
