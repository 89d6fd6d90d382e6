/** Where the largest or smallest element along an axis is. */
import { convert } from "../lowering/convert.ts"
import { type Primitive } from "./kernel.ts"
import { axesOf, reducedShape } from "./reduce.ts"

/**
 * The first of several equal ones. A NaN is never found, unless it is the first element, as in tfjs's cpu kernels, which
 * start there and move on to what is larger (smaller).
 *
 * @param worst what no element loses against
 */
const extremumIndex = (name: "ArgMax" | "ArgMin", worst: number): Primitive => ({
  name,
  inputs: ["x"],
  infer: ([x], { axis }) => {
    const [at] = axesOf(axis, x!.shape.length)
    return [{ shape: reducedShape(x!.shape, at === undefined ? [] : [at], false), dtype: "int32" }]
  },
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    const [axis] = axesOf(attrs["axis"], x!.shape.length)
    if (axis === undefined || x!.size === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const index = (values: string) =>
      onnx.cast(onnx.node(name, [values], { axis, keepdims: 0 }), "int32")
    const values = lowering.plain(x!)
    if (x!.dtype !== "float32") {
      return lowering.define(output!, "plain", index(convert(lowering, values, x!.dtype, "int32")))
    }
    const areNumbers = onnx.node("Equal", [values, values])
    const found = index(onnx.node("Where", [areNumbers, values, onnx.float(worst)]))
    const first = onnx.node("Gather", [values, onnx.constant("int64", [], new BigInt64Array(1))], {
      axis
    })
    const startsWithNumber = onnx.node("Equal", [first, first])
    lowering.define(output!, "plain", onnx.node("Where", [startsWithNumber, found, onnx.int32(0)]))
  }
})

export const extremumIndexKernels: ReadonlyArray<Primitive> = [
  extremumIndex("ArgMax", -Infinity),
  extremumIndex("ArgMin", Infinity)
]
