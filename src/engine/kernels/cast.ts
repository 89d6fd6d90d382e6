/** Between element types. */
import { convert } from "../lowering/convert.ts"
import { elementwise } from "../lowering/elementwise.ts"
import { type DType } from "../onnx/element-type.ts"
import { type Kernel, type Primitive } from "./kernel.ts"

/** Input x; the attribute `dtype` is the type to convert to. */
const convertKernel: Primitive = {
  name: "Convert",
  inputs: ["x"],
  infer: ([x], { dtype }) => [{ shape: x!.shape, dtype: dtype as DType }],
  lower: ({ inputs: [x], outputs: [output] }, lowering) => {
    const { dtype } = output!
    const number = lowering.uniform(x!)
    if (number !== undefined) {
      const [converted] = dtype === "int32" ? Int32Array.of(number) : [number]
      return lowering.defineUniform(output!, dtype === "bool" ? Number(number !== 0) : converted!)
    }
    elementwise(lowering, [x!], output!, ([name]) => convert(lowering, name!, x!.dtype, dtype))
  }
}

export const castKernels: ReadonlyArray<Kernel> = [
  convertKernel,
  {
    name: "Cast",
    inputs: ["x"],
    expand: (recorder, [x], { dtype }) => {
      if (x!.dtype === dtype) return [x!]
      if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool") {
        throw new TypeError(`cast to ${String(dtype)} is not implemented on the onnx engine`)
      }
      return [recorder.one("Convert", [x!], { dtype })]
    }
  },
  { name: "Identity", inputs: ["x"], expand: (_, [x]) => [x!] }
]
