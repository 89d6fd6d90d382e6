/** Numbers that belong to a program's structure, see `Recorder.constant`, and tensors filled with one number. */
import { constantOp, constantValue } from "../graph/recorder.ts"
import { type Shape } from "../graph/value.ts"
import { type DType } from "../onnx/element-type.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

const constant: Primitive = {
  name: constantOp,
  inputs: [],
  infer: (_, { dtype, shape }) => [{ shape: shape as Shape, dtype: dtype as DType }],
  lower: (node, lowering) => lowering.defineUniform(node.outputs[0]!, constantValue(node))
}

const like = (name: string, value: number): Composite => ({
  name,
  inputs: ["x"],
  expand: (recorder, [x]) => [recorder.constant(value, x!.dtype, x!.shape)]
})

export const constantKernels: ReadonlyArray<Kernel> = [
  constant,
  like("ZerosLike", 0),
  like("OnesLike", 1),
  {
    name: "Fill",
    inputs: [],
    expand: (recorder, _, { dtype, shape, value }) => [
      recorder.constant(
        Number(value),
        (dtype as DType | undefined) ?? (typeof value === "boolean" ? "bool" : "float32"),
        shape as Shape
      )
    ]
  }
]
