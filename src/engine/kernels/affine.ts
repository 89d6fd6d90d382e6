/**
 * Kernels that no program of tfjs names but the rewrites make, because the CPU computes them in one pass over a blocked
 * tensor.
 */
import { optionalInputs } from "../graph/optional-inputs.ts"
import { elementwise } from "../lowering/elementwise.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { float } from "../onnx/attributes.ts"
import { type Primitive } from "./kernel.ts"
import { lowerAffine } from "../lowering/affine.ts"
import { channelDot } from "../lowering/channel-statistics.ts"
import { axesOf, reducedShape } from "./reduce.ts"

/**
 * `x·scale + shift + sum` for x `[N,H,W,C]`. Scale and shift are scalars, `[C]`-like or `[N,1,1,C]`, sum has x's shape; the
 * attributes `scale`, `shift` and `sum` (0 or 1) tell which follow x in the inputs.
 */
const affine: Primitive = {
  name: "Affine",
  inputs: ["x", "scale?", "shift?", "sum?"],
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  lower: (node, lowering) =>
    lowerAffine(
      lowering,
      node.inputs[0]!,
      node.outputs[0]!,
      optionalInputs(node, 1, ["scale", "shift", "sum"])
    )
}

/** The sum of x·y over `axis`, which is [1, 2] or [0, 1, 2]; both are `[N,H,W,C]`. */
const dot: Primitive = {
  name: "ChannelDot",
  inputs: ["x", "y"],
  infer: ([x], { axis, keepDims }) => [
    { shape: reducedShape(x!.shape, axesOf(axis, 4), keepDims === true), dtype: x!.dtype }
  ],
  lower: ({ attrs, inputs: [x, y], outputs: [output] }, lowering) =>
    channelDot(lowering, x!, y!, axesOf(attrs["axis"], 4), output!)
}

const activation = (name: string, emit: (lowering: Lowering, x: string) => string): Primitive => ({
  name,
  inputs: ["x"],
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  lower: ({ inputs, outputs: [output] }, lowering) =>
    elementwise(lowering, inputs, output!, ([x]) => emit(lowering, x!))
})

/** `x·Φ(x)` with the exact Φ (Hendrycks and Gimpel 2016). */
const gelu = activation("Gelu", ({ onnx }, x) => onnx.node("Gelu", [x]))

/** `x·sigmoid(x)` (Elfwing et al. 2017). */
const silu = activation("Silu", ({ onnx }, x) =>
  onnx.node("QuickGelu", [x], { alpha: float(1) }, { domain: "com.microsoft" })
)

export const rewriteKernels: ReadonlyArray<Primitive> = [affine, dot, gelu, silu]
