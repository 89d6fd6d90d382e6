import { type Node } from "../graph/value.ts"
import { defineFilled } from "./filled.ts"
import { type Lowering } from "./lowering.ts"

/** The discrete Fourier transform along the last axis; inputs and outputs are the real and the imaginary part. */
export const lowerDft = (
  { attrs, inputs: [real, imag], outputs }: Node,
  lowering: Lowering
): void => {
  if (defineFilled(lowering, outputs)) return
  const { onnx } = lowering
  const { shape } = real!
  const length = shape.at(-1)!
  const rows = real!.size / length
  const column = (name: string) => onnx.reshape(name, [rows, length, 1])
  const pairs = onnx.node(
    "Concat",
    [column(lowering.plain(real!)), column(lowering.plain(imag!))],
    { axis: 2 }
  )
  const axis = onnx.constant("int64", [], BigInt64Array.of(1n))
  const transformed = onnx.node("DFT", [pairs, "", axis], {
    inverse: attrs["inverse"] === 1 ? 1 : 0
  })
  for (const [part, output] of outputs.entries()) {
    const index = onnx.constant("int64", [], BigInt64Array.of(BigInt(part)))
    const name = onnx.node("Gather", [transformed, index], { axis: 2 })
    lowering.define(output, "plain", onnx.reshape(name, shape))
  }
}
