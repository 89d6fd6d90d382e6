import { type Shape, type Value } from "../graph/value.ts"
import { defineFilled } from "../lowering/filled.ts"
import { type DType } from "../onnx/element-type.ts"
import { type Kernel, type Primitive } from "./kernel.ts"

/** Inputs: indices, and scalars for "is the index" and "is not"; indices outside of [0, depth) have no place. */
const hot: Primitive = {
  name: "Hot",
  inputs: ["indices", "on", "off"],
  infer: ([indices, on], { depth }) => [
    { shape: [...indices!.shape, depth as number], dtype: on!.dtype }
  ],
  lower: ({ inputs: [indices, on, off], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!])) return
    const { onnx } = lowering
    const depth = output!.shape.at(-1)!
    const column: Shape = [...indices!.shape, 1]
    // ONNX's own OneHot is missing on WebGPU.
    const positions = onnx.constant(
      "int32",
      [depth],
      Int32Array.from({ length: depth }, (_, at) => at)
    )
    const isIndex = onnx.node("Equal", [onnx.reshape(lowering.plain(indices!), column), positions])
    if (lowering.uniform(on!) === 1 && lowering.uniform(off!) === 0) {
      return lowering.define(output!, "plain", onnx.cast(isIndex, output!.dtype))
    }
    // ONNX Runtime's Where does not choose between bools.
    const choice = (scalar: Value) =>
      scalar.dtype === "bool" ? onnx.cast(lowering.plain(scalar), "int32") : lowering.plain(scalar)
    const chosen = onnx.node("Where", [isIndex, choice(on!), choice(off!)])
    lowering.define(output!, "plain", output!.dtype === "bool" ? onnx.cast(chosen, "bool") : chosen)
  }
}

export const oneHotKernels: ReadonlyArray<Kernel> = [
  hot,
  {
    name: "OneHot",
    inputs: ["indices"],
    expand: (recorder, [indices], { depth, dtype, offValue, onValue }) => {
      const number = (value: unknown) => recorder.constant(Number(value), dtype as DType)
      return [recorder.one("Hot", [indices!, number(onValue), number(offValue)], { depth })]
    }
  }
]
