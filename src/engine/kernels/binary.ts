/** Arithmetic of two tensors, element by element, with broadcasting. */
import { broadcastShape } from "../graph/broadcast.ts"
import { convert } from "../lowering/convert.ts"
import { arcTangent2 } from "../lowering/arc-tangent.ts"
import { elementwise } from "../lowering/elementwise.ts"
import { type DType, type ElementType } from "../onnx/element-type.ts"
import { type GraphBuilder } from "../onnx/graph-builder.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

type Emit = (onnx: GraphBuilder, names: ReadonlyArray<string>) => string

interface ArithmeticOptions {
  /** The type to compute in, for inputs of one type; of two types it is float64 unless `always` is given. */
  readonly computed?: Readonly<Record<DType, ElementType>>
  readonly always?: ElementType
  /** The type of the result; that of `a` if left out. */
  readonly result?: DType
}

/** Numbers as they are; booleans count as 0 and 1. */
const native = { float32: "float32", int32: "int32", bool: "int32" } as const

/** Where a quotient of int32 is no int32. */
const viaDouble = { float32: "float32", int32: "float64", bool: "float64" } as const

const arithmetic = (
  name: string,
  emit: Emit,
  { always, computed = native, result }: ArithmeticOptions = {}
): Primitive => ({
  name,
  inputs: ["a", "b"],
  infer: ([a, b]) => [{ shape: broadcastShape(a!.shape, b!.shape), dtype: result ?? a!.dtype }],
  lower: ({ inputs, outputs: [output] }, lowering) => {
    const [a, b] = inputs
    const type = always ?? (a!.dtype === b!.dtype ? computed[a!.dtype] : "float64")
    elementwise(lowering, inputs, output!, (names) => {
      const operands = names.map((name, index) =>
        convert(lowering, name, inputs[index]!.dtype, type)
      )
      return convert(lowering, emit(lowering.onnx, operands), type, output!.dtype)
    })
  }
})

const plain =
  (op: string): Emit =>
  (onnx, names) =>
    onnx.node(op, names)

const squaredDifference: Emit = (onnx, names) => {
  const difference = onnx.node("Sub", names)
  return onnx.node("Mul", [difference, difference])
}

/**
 * tfjs's rule for the sign of a remainder: JavaScript's `a % b` where a and b have one sign, else `(a % b + b) % b`; in
 * float64, where a tiny negative `a` does not become `b`, of which the remainder would be 0.
 */
const modulo: Emit = (onnx, [a, b]) => {
  const zero = onnx.constant("float64", [], new Float64Array([0]))
  const remainder = (x: string) => onnx.node("Mod", [x, b!], { fmod: 1 })
  const both = (op: string) =>
    onnx.node("And", [onnx.node(op, [a!, zero]), onnx.node(op, [b!, zero])])
  const same = onnx.node("Or", [both("Less"), both("GreaterOrEqual")])
  const cut = remainder(a!)
  return onnx.node("Where", [same, cut, remainder(onnx.node("Add", [cut, b!]))])
}

/** By IEEE 754, as TensorFlow: 1 to the power of NaN or an infinity is 1, where JavaScript has NaN. */
const elementwisePower = arithmetic("Pow", plain("Pow"), { computed: viaDouble })

/** WebGPU's operator fails on operands of two shapes of which the last axis is broadcast (ONNX Runtime 1.30). */
const power: Primitive = {
  ...elementwisePower,
  lower: (node, lowering) => {
    const {
      inputs,
      outputs: [output]
    } = node
    const even = inputs.every(({ size }) => size === 1 || size === output!.size)
    const floats = inputs.every(({ dtype }) => dtype === "float32")
    if (lowering.target.provider !== "webgpu" || even || !floats) {
      return elementwisePower.lower(node, lowering)
    }
    const { onnx } = lowering
    const shape = onnx.ints(output!.shape)
    const operands = inputs.map((input) => onnx.node("Expand", [lowering.plain(input), shape]))
    lowering.define(output!, "plain", onnx.node("Pow", operands))
  }
}

const bitwiseAnd: Primitive = {
  ...arithmetic("BitwiseAnd", plain("BitwiseAnd")),
  infer: ([a, b]) => {
    if (a!.dtype !== "int32" || b!.dtype !== "int32") {
      throw new TypeError(`bitwiseAnd needs int32, got ${a!.dtype} and ${b!.dtype}`)
    }
    return [{ shape: broadcastShape(a!.shape, b!.shape), dtype: "int32" }]
  }
}

/** A chain: ONNX's Sum is slower. */
const addN: Composite = {
  name: "AddN",
  inputs: "list",
  expand: (recorder, [first, ...rest]) => [
    rest.reduce((sum, value) => recorder.one("Add", [sum!, value!]), first)!
  ]
}

export const binaryKernels: ReadonlyArray<Kernel> = [
  arithmetic("Add", plain("Add")),
  arithmetic("Sub", plain("Sub")),
  arithmetic("Multiply", plain("Mul")),
  arithmetic("RealDiv", plain("Div"), { computed: viaDouble }),
  arithmetic("FloorDiv", (onnx, names) => onnx.node("Floor", [onnx.node("Div", names)]), {
    always: "float64",
    result: "int32"
  }),
  arithmetic("Mod", modulo, { always: "float64" }),
  power,
  arithmetic("Atan2", arcTangent2, { always: "float32" }),
  arithmetic("Maximum", plain("Max")),
  arithmetic("Minimum", plain("Min")),
  arithmetic("SquaredDifference", squaredDifference),
  bitwiseAnd,
  addN
]
