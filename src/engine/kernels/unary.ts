/** Kernels of one tensor, element by element. */
import { type Attrs } from "../graph/value.ts"
import { convert } from "../lowering/convert.ts"
import { elementwise } from "../lowering/elementwise.ts"
import { logarithm } from "../lowering/logarithm.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { type DType } from "../onnx/element-type.ts"
import { type Primitive } from "./kernel.ts"

/** Emits the operator for an input of one of its own types. */
type Emit = (lowering: Lowering, x: string, attrs: Attrs, dtype: DType) => string

interface UnaryOptions {
  /** The types in which ONNX computes it; others are converted to float32 and back. float32 if left out. */
  readonly types?: ReadonlyArray<DType>
  /** The type of the result; that of the input if left out. */
  readonly result?: DType
}

/** An element-wise kernel of the input `x`. */
export const unary = (
  name: string,
  emit: Emit,
  { result, types = ["float32"] }: UnaryOptions = {}
): Primitive => ({
  name,
  inputs: ["x"],
  infer: ([x]) => [{ shape: x!.shape, dtype: result ?? x!.dtype }],
  lower: ({ attrs, inputs, outputs: [output] }, lowering) => {
    const { dtype } = inputs[0]!
    const computed = types.includes(dtype) ? dtype : "float32"
    elementwise(lowering, inputs, output!, ([x]) => {
      const result = emit(lowering, convert(lowering, x!, dtype, computed), attrs, computed)
      return convert(lowering, result, computed, output!.dtype)
    })
  }
})

const plain =
  (op: string): Emit =>
  ({ onnx }, x) =>
    onnx.node(op, [x])

/** Rounding leaves integers as they are. */
const rounding = (name: string): Primitive =>
  unary(name, ({ onnx }, x, _, dtype) => (dtype === "int32" ? x : onnx.node(name, [x])), numeric)

const numeric: UnaryOptions = { types: ["float32", "int32"] }

/** Of whole numbers by float64, so that large results are rounded once. */
const exp = unary(
  "Exp",
  ({ onnx }, x, _, dtype) =>
    dtype === "int32"
      ? onnx.cast(onnx.node("Exp", [onnx.cast(x, "float64")]), "float32")
      : onnx.node("Exp", [x]),
  { ...numeric, result: "float32" }
)

/** On a CPU by float64: near its poles, float32's own is off by more than rounding. */
const tan = unary("Tan", ({ onnx, target }, x) => {
  if (target.provider !== "cpu") return onnx.node("Tan", [x])
  const angle = onnx.cast(x, "float64")
  const quotient = onnx.node("Div", [onnx.node("Sin", [angle]), onnx.node("Cos", [angle])])
  return onnx.cast(quotient, "float32")
})

export const unaryKernels: ReadonlyArray<Primitive> = [
  unary("Neg", plain("Neg"), numeric),
  unary("Abs", plain("Abs"), numeric),
  unary("Square", ({ onnx }, x) => onnx.node("Mul", [x, x]), numeric),
  exp,
  unary("Log", logarithm),
  unary("Sqrt", plain("Sqrt")),
  unary("Rsqrt", ({ onnx }, x) => onnx.node("Reciprocal", [onnx.node("Sqrt", [x])])),
  unary("Reciprocal", plain("Reciprocal")),
  unary("Sigmoid", plain("Sigmoid")),
  unary("Erf", plain("Erf")),
  unary("Sin", plain("Sin")),
  unary("Cos", plain("Cos")),
  tan,
  unary("Asin", plain("Asin")),
  unary("Acos", plain("Acos")),
  unary("Atan", plain("Atan")),
  unary("Sinh", plain("Sinh")),
  unary("Cosh", plain("Cosh")),
  unary("Tanh", plain("Tanh")),
  unary("Asinh", plain("Asinh")),
  unary("Acosh", plain("Acosh")),
  unary("Atanh", plain("Atanh")),
  // Half to even, as tfjs.
  rounding("Round"),
  rounding("Floor"),
  rounding("Ceil"),
  // Unlike ONNX's Sign, 0 for NaN.
  unary(
    "Sign",
    ({ onnx }, x, _, dtype) => {
      const zero = dtype === "int32" ? onnx.int32(0) : onnx.float(0)
      const [positive, negative] = ["Greater", "Less"].map((op) =>
        onnx.cast(onnx.node(op, [x, zero]), dtype)
      )
      return onnx.node("Sub", [positive!, negative!])
    },
    numeric
  ),
  // Near 0, where e^x - 1 and 1 + x would lose all digits of x: 2 sinh(x/2) e^(x/2) and 2 artanh(x / (2 + x)).
  unary("Expm1", (lowering, x) => {
    const { onnx } = lowering
    const half = onnx.node("Mul", [x, onnx.float(0.5)])
    const product = onnx.node("Mul", [onnx.node("Sinh", [half]), onnx.node("Exp", [half])])
    const near = onnx.node("Mul", [product, onnx.float(2)])
    const far = onnx.node("Sub", [onnx.node("Exp", [x]), onnx.float(1)])
    return nearZero(lowering, x, near, far)
  }),
  unary("Log1p", (lowering, x) => {
    const { onnx } = lowering
    const ratio = onnx.node("Div", [x, onnx.node("Add", [x, onnx.float(2)])])
    const near = onnx.node("Mul", [onnx.node("Atanh", [ratio]), onnx.float(2)])
    const far = logarithm(lowering, onnx.node("Add", [x, onnx.float(1)]))
    return nearZero(lowering, x, near, far)
  })
]

const nearZero = ({ onnx }: Lowering, x: string, near: string, far: string): string =>
  onnx.node("Where", [onnx.node("Less", [onnx.node("Abs", [x]), onnx.float(0.5)]), near, far])
