/** Kernels that choose between values. */
import { type Value } from "../graph/value.ts"
import { convert } from "../lowering/convert.ts"
import { elementwise } from "../lowering/elementwise.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { type DType, type ElementType } from "../onnx/element-type.ts"
import { tfjs } from "../tfjs.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

/** `t` where the condition holds, else `e`; all of one shape, or the condition a vector that chooses whole rows. */
const select: Primitive = {
  name: "Select",
  inputs: ["condition", "t", "e"],
  infer: ([, t, e]) => [{ shape: t!.shape, dtype: tfjs().upcastType(t!.dtype, e!.dtype) as DType }],
  lower: ({ inputs, outputs: [output] }, lowering) => {
    const [condition, t, e] = inputs
    if (condition!.shape.length === 1 && t!.shape.length > 1 && output!.size > 0) {
      const rows = [condition!.size, ...t!.shape.slice(1).map(() => 1)]
      const chosen = lowering.onnx.reshape(lowering.plain(condition!), rows)
      const names = [chosen, lowering.plain(t!), lowering.plain(e!)]
      lowering.define(output!, "plain", where(lowering, names, inputs, output!))
      return
    }
    elementwise(lowering, [condition!, t!, e!], output!, (names) =>
      where(lowering, names, inputs, output!)
    )
  }
}

const where = (
  lowering: Lowering,
  [condition, ...values]: ReadonlyArray<string>,
  [chooser, ...inputs]: ReadonlyArray<Value>,
  { dtype }: Value
): string => {
  const { onnx } = lowering
  // ONNX Runtime has no Where for booleans.
  const type: ElementType = dtype === "bool" ? "uint8" : dtype
  const names = values.map((name, index) => convert(lowering, name, inputs[index]!.dtype, type))
  const truths = convert(lowering, condition!, chooser!.dtype, "bool")
  return convert(lowering, onnx.node("Where", [truths, ...names]), type, dtype)
}

/** The attributes `min` and `max` are texts: JSON, by which nodes are told apart, has no infinity. NaN stays NaN. */
const clip: Primitive = {
  name: "Clip",
  inputs: ["x"],
  infer: ([x]) => [{ shape: x!.shape, dtype: x!.dtype }],
  lower: ({ attrs, inputs, outputs: [output] }, lowering) => {
    const { onnx } = lowering
    const bounds = [Number(attrs["min"]), Number(attrs["max"])]
    const { dtype } = inputs[0]!
    elementwise(lowering, inputs, output!, ([x]) => {
      if (dtype === "float32") {
        return onnx.node("Clip", [x!, ...bounds.map((bound) => onnx.float(bound))])
      }
      // The bounds need not be whole, nor be in int32's range.
      const limits = bounds.map((bound) => onnx.constant("float64", [], new Float64Array([bound])))
      const clipped = onnx.node("Clip", [onnx.cast(x!, "float64"), ...limits])
      return convert(lowering, clipped, "float64", dtype)
    })
  }
}

const clipByValue: Composite = {
  name: "ClipByValue",
  inputs: ["x"],
  expand: (recorder, [x], { clipValueMax, clipValueMin }) => [
    recorder.one("Clip", [x!], {
      min: `${clipValueMin as number}`,
      max: `${clipValueMax as number}`
    })
  ]
}

export const selectKernels: ReadonlyArray<Kernel> = [select, clip, clipByValue]
