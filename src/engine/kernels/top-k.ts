import { convert } from "../lowering/convert.ts"
import { type Primitive } from "./kernel.ts"

/**
 * The k largest along the last axis, the largest first (also when `sorted` is false, which leaves the order open), of
 * equal ones the first; and where they are.
 */
const topK: Primitive = {
  name: "TopK",
  inputs: ["x"],
  infer: ([x], { k }) => {
    const shape = [...x!.shape.slice(0, -1), k as number]
    return [
      { shape, dtype: x!.dtype },
      { shape, dtype: "int32" }
    ]
  },
  lower: ({ attrs, inputs: [x], outputs: [values, indices] }, lowering) => {
    if (values!.size === 0) {
      lowering.defineUniform(values!, 0)
      return lowering.defineUniform(indices!, 0)
    }
    const { onnx } = lowering
    const type = x!.dtype === "bool" ? "int32" : x!.dtype
    const from = convert(lowering, lowering.plain(x!), x!.dtype, type)
    const [largest, places] = onnx.nodeWithOutputs(2, "TopK", [
      from,
      onnx.ints([attrs["k"] as number])
    ])
    lowering.define(values!, "plain", convert(lowering, largest!, type, values!.dtype))
    lowering.define(indices!, "plain", () => onnx.cast(places!, "int32"))
  }
}

export const topKKernels: ReadonlyArray<Primitive> = [topK]
