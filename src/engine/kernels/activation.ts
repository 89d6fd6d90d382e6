/** Activation functions and their gradients; Sigmoid and Tanh are among the unary kernels. */
import { type Recorder } from "../graph/recorder.ts"
import { broadcastShape } from "../graph/broadcast.ts"
import { type Attrs, type Value, sameShape } from "../graph/value.ts"
import { convert } from "../lowering/convert.ts"
import { elementwise } from "../lowering/elementwise.ts"
import { logarithm } from "../lowering/logarithm.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { float } from "../onnx/attributes.ts"
import { tfjs } from "../tfjs.ts"
import { type Primitive } from "./kernel.ts"
import { unary } from "./unary.ts"

/** Adds a check of the attribute `alpha` to a kernel. */
const withFiniteAlpha = (kernel: Primitive): Primitive => ({
  ...kernel,
  infer: (inputs, attrs) => {
    // A node is told from others by its attributes as JSON, which has no infinity and no NaN.
    if (!Number.isFinite(alphaOf(attrs))) {
      throw new RangeError(`${kernel.name}: alpha must be a finite number, got ${alphaOf(attrs)}`)
    }
    return kernel.infer(inputs, attrs)
  }
})

const alphaOf = (attrs: Attrs): number => attrs["alpha"] as number

const step = unary("Step", ({ onnx }, x, attrs) => {
  const alpha = alphaOf(attrs)
  // The gradient of ReLU. NaN stays NaN in both.
  if (alpha === 0) {
    return onnx.node("Ceil", [onnx.node("Clip", [x, onnx.float(0), onnx.float(1)])])
  }
  const isPositive = onnx.node("Greater", [x, onnx.float(0)])
  const stepped = onnx.node("Where", [isPositive, onnx.float(1), onnx.float(alpha)])
  return onnx.node("Where", [onnx.node("Equal", [x, x]), stepped, x])
})

/**
 * max(x, 0) and e^min(x, 0) - 1. ONNX Runtime's own Elu, Selu and Softplus have other bits at the ends of each thread's part
 * of a tensor, see `logarithm`; its Exp has not.
 */
const halves = ({ onnx }: Lowering, x: string): readonly [string, string] => {
  const exponential = onnx.node("Exp", [onnx.node("Min", [x, onnx.float(0)])])
  return [onnx.node("Relu", [x]), onnx.node("Sub", [exponential, onnx.float(1)])]
}

const elu = unary("Elu", (lowering, x) => {
  const { onnx, target } = lowering
  return target.provider === "cpu" ? onnx.node("Add", halves(lowering, x)) : onnx.node("Elu", [x])
})

const selu = unary("Selu", (lowering, x) => {
  const { onnx, target } = lowering
  const { SELU_SCALE: scale, SELU_SCALEALPHA: scaleAlpha } = tfjs().backend_util
  if (target.provider !== "cpu") {
    return onnx.node("Selu", [x], { alpha: float(scaleAlpha / scale), gamma: float(scale) })
  }
  const [positive, negative] = halves(lowering, x)
  return onnx.node("Add", [
    onnx.node("Mul", [positive, onnx.float(scale)]),
    onnx.node("Mul", [negative, onnx.float(scaleAlpha)])
  ])
})

/** max(x, 0) + ln(1 + e^-|x|) */
const softplus = unary("Softplus", (lowering, x) => {
  const { onnx, target } = lowering
  if (target.provider !== "cpu") return onnx.node("Softplus", [x])
  const exponential = onnx.node("Exp", [onnx.node("Neg", [onnx.node("Abs", [x])])])
  const rest = logarithm(lowering, onnx.node("Add", [exponential, onnx.float(1)]))
  return onnx.node("Add", [onnx.node("Relu", [x]), rest])
})

/** Inputs: x and a slope for what is negative; they are broadcast to each other. */
const prelu: Primitive = {
  name: "Prelu",
  inputs: ["x", "alpha"],
  infer: ([x, alpha]) => [{ shape: broadcastShape(x!.shape, alpha!.shape), dtype: "float32" }],
  lower: ({ inputs, outputs: [output] }, lowering) => {
    const [x] = inputs
    elementwise(lowering, inputs, output!, (names) => {
      const [values, slopes] = names.map((name, index) =>
        convert(lowering, name, inputs[index]!.dtype, "float32")
      )
      const { onnx } = lowering
      const isFull = sameShape(x!.shape, output!.shape) && lowering.uniform(x!) === undefined
      if (isFull) return onnx.node("PRelu", [values!, slopes!])
      // ONNX broadcasts only the slopes.
      const isNegative = onnx.node("Less", [values!, onnx.float(0)])
      return onnx.node("Where", [isNegative, onnx.node("Mul", [values!, slopes!]), values!])
    })
  }
}

/** Inputs: dy, and y = elu(x): dy·(min(y, 0) + 1). */
const eluGrad: Primitive = {
  name: "EluGrad",
  inputs: ["dy", "y"],
  infer: ([, y]) => [{ shape: y!.shape, dtype: "float32" }],
  lower: ({ inputs, outputs: [output] }, lowering) =>
    elementwise(lowering, inputs, output!, ([dy, y]) => {
      const { onnx } = lowering
      const slope = onnx.node("Add", [onnx.node("Min", [y!, onnx.float(0)]), onnx.float(1)])
      return onnx.node("Mul", [dy!, slope])
    })
}

export const activationKernels: ReadonlyArray<Primitive> = [
  unary("Relu", ({ onnx }, x) => onnx.node("Relu", [x]), { types: ["float32", "int32"] }),
  unary("Relu6", ({ onnx }, x) => onnx.node("Clip", [x, onnx.float(0), onnx.float(6)])),
  withFiniteAlpha(
    unary(
      "LeakyRelu",
      ({ onnx }, x, attrs) => onnx.node("LeakyRelu", [x], { alpha: float(alphaOf(attrs)) }),
      { result: "float32" }
    )
  ),
  elu,
  softplus,
  withFiniteAlpha(step),
  selu,
  prelu,
  eluGrad
]

/** What tfjs's fused kernels do after their product or convolution. */
export interface FusedActivation {
  /** tfjs's name, "linear" for none. */
  readonly activation?: unknown
  /** Slopes of "prelu". */
  readonly preluActivationWeights?: Value | undefined
  /** The slope of "leakyrelu". */
  readonly leakyreluAlpha?: unknown
}

/**
 * Records the activation of a fused kernel.
 *
 * @throws Error for one that tfjs does not know
 */
export const activate = (
  recorder: Recorder,
  x: Value,
  { activation, leakyreluAlpha, preluActivationWeights }: FusedActivation
): Value => {
  switch (activation ?? "linear") {
    case "linear":
      return x
    case "relu":
      return recorder.one("Relu", [x])
    case "relu6":
      return recorder.one("Relu6", [x])
    case "elu":
      return recorder.one("Elu", [x])
    case "sigmoid":
      return recorder.one("Sigmoid", [x])
    case "leakyrelu":
      return recorder.one("LeakyRelu", [x], { alpha: leakyreluAlpha ?? 0.2 })
    case "prelu":
      if (preluActivationWeights === undefined) {
        throw new Error("the fused activation prelu needs preluActivationWeights")
      }
      return recorder.one("Prelu", [x, preluActivationWeights])
    default:
      throw new Error(`the fused activation ${String(activation)} is not known`)
  }
}
