/** Kernels whose result is true or false for each element. */
import { broadcastShape } from "../graph/broadcast.ts"
import { type Value } from "../graph/value.ts"
import { elementwise } from "../lowering/elementwise.ts"
import { isNaN } from "../lowering/is-nan.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { type ElementType } from "../onnx/element-type.ts"
import { type GraphBuilder } from "../onnx/graph-builder.ts"
import { type Primitive } from "./kernel.ts"

type Emit = (onnx: GraphBuilder, names: ReadonlyArray<string>) => string
type LoweringEmit = (lowering: Lowering, names: ReadonlyArray<string>) => string

const predicate = (
  name: string,
  inputs: ReadonlyArray<string>,
  lower: (inputs: ReadonlyArray<Value>, output: Value, lowering: Lowering) => void
): Primitive => ({
  name,
  inputs,
  infer: ([a, b]) => [
    { shape: b === undefined ? a!.shape : broadcastShape(a!.shape, b.shape), dtype: "bool" }
  ],
  lower: ({ inputs, outputs: [output] }, lowering) => lower(inputs, output!, lowering)
})

/** Compares two tensors, also of different types, by value. */
const comparison = (name: string, emit: Emit): Primitive =>
  predicate(name, ["a", "b"], (inputs, output, lowering) => {
    const [a, b] = inputs
    const common: Record<string, ElementType> = {
      float32: "float32",
      int32: "int32",
      bool: "int32"
    }
    // float64 holds every float32 and every int32.
    const type = a!.dtype === b!.dtype ? common[a!.dtype]! : "float64"
    elementwise(lowering, inputs, output, (names) =>
      emit(
        lowering.onnx,
        names.map((name, index) => as(lowering, name, inputs[index]!, type))
      )
    )
  })

/** Combines truths; a number counts as true unless it is 0. */
const logical = (name: string, inputs: ReadonlyArray<string>, emit: LoweringEmit): Primitive =>
  predicate(name, inputs, (values, output, lowering) =>
    elementwise(lowering, values, output, (names) =>
      emit(
        lowering,
        names.map((name, index) => as(lowering, name, values[index]!, "bool"))
      )
    )
  )

const logicalOp =
  (op: string): LoweringEmit =>
  ({ onnx }, names) =>
    onnx.node(op, names)

/** WebGPU has And and Not only. */
const or: LoweringEmit = (lowering, names) => {
  const { onnx, target } = lowering
  if (target.provider !== "webgpu") return onnx.node("Or", names)
  const neither = onnx.node(
    "And",
    names.map((name) => onnx.node("Not", [name]))
  )
  return onnx.node("Not", [neither])
}

const xor: LoweringEmit = (lowering, names) => {
  const { onnx, target } = lowering
  if (target.provider !== "webgpu") return onnx.node("Xor", names)
  const both = onnx.node("And", names)
  return onnx.node("And", [or(lowering, names), onnx.node("Not", [both])])
}

/** Asks what only a float can be. */
const floatClass = (name: string, emit: LoweringEmit, ofIntegers: boolean): Primitive =>
  predicate(name, ["x"], ([x], output, lowering) => {
    if (x!.dtype !== "float32") return lowering.defineUniform(output, ofIntegers ? 1 : 0)
    elementwise(lowering, [x!], output, (names) => emit(lowering, names))
  })

const as = ({ onnx }: Lowering, name: string, { dtype }: Value, type: ElementType): string =>
  dtype === type ? name : onnx.cast(name, type)

const plain =
  (op: string): Emit =>
  (onnx, names) =>
    onnx.node(op, names)

export const comparisonKernels: ReadonlyArray<Primitive> = [
  comparison("Equal", plain("Equal")),
  comparison("NotEqual", (onnx, names) => onnx.node("Not", [onnx.node("Equal", names)])),
  comparison("Less", plain("Less")),
  comparison("LessEqual", plain("LessOrEqual")),
  comparison("Greater", plain("Greater")),
  comparison("GreaterEqual", plain("GreaterOrEqual")),
  logical("LogicalAnd", ["a", "b"], logicalOp("And")),
  logical("LogicalOr", ["a", "b"], or),
  logical("LogicalXor", ["a", "b"], xor),
  logical("LogicalNot", ["x"], logicalOp("Not")),
  floatClass("IsNan", (lowering, [x]) => isNaN(lowering, x!), false),
  floatClass(
    "IsInf",
    ({ onnx, target }, names) =>
      target.provider === "webgpu"
        ? onnx.node("Equal", [onnx.node("Abs", names), onnx.float(Infinity)])
        : onnx.node("IsInf", names),
    false
  ),
  floatClass(
    "IsFinite",
    ({ onnx }, names) => onnx.node("Less", [onnx.node("Abs", names), onnx.float(Infinity)]),
    true
  )
]
