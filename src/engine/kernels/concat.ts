/** Kernels that join tensors. */
import { axisView } from "../lowering/axis-view.ts"
import { defineFilled } from "../lowering/filled.ts"
import { tfjs } from "../tfjs.ts"
import { type Composite, type Primitive } from "./kernel.ts"
import { normalAxis } from "./shape.ts"

/** Joins along the attribute `axis`; the result has the first input's type. */
const concat: Primitive = {
  name: "Concat",
  inputs: "list",
  infer: (inputs, { axis }) => {
    const at = normalAxis(axis as number, inputs[0]!.shape.length)
    const { backend_util: tools } = tfjs()
    const shapes = inputs.map(({ shape }) => [...shape])
    tools.assertParamsConsistent(shapes, at)
    return [{ shape: tools.computeOutShape(shapes, at), dtype: inputs[0]!.dtype }]
  },
  lower: ({ attrs, inputs, outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!])) return
    const axis = normalAxis(attrs["axis"] as number, output!.shape.length)
    const full = inputs.filter(({ size }) => size > 0)
    const view = axisView(lowering, full, [...full, output!], () => true)
    const names = full.map((input) => {
      const name = view.name(input)
      return input.dtype === output!.dtype ? name : lowering.onnx.cast(name, output!.dtype)
    })
    view.define(
      output!,
      names.length === 1
        ? names[0]!
        : lowering.onnx.node("Concat", names, { axis: view.axis(axis) })
    )
  }
}

/** Joins along a new axis. */
const pack: Composite = {
  name: "Pack",
  inputs: "list",
  expand: (recorder, inputs, { axis }) => {
    const [first] = inputs
    const { util } = tfjs()
    const at = normalAxis(axis as number, first!.shape.length + 1)
    const expanded = inputs.map((input) => {
      const { dtype, shape } = input!
      util.assertShapesMatch(
        [...first!.shape],
        [...shape],
        "All tensors passed to stack must have matching shapes"
      )
      util.assert(
        first!.dtype === dtype,
        () => "All tensors passed to stack must have matching dtypes"
      )
      return recorder.one("Reshape", [input!], { shape: shape.toSpliced(at, 0, 1) })
    })
    return [recorder.one("Concat", expanded, { axis: at })]
  }
}

export const concatKernels = [concat, pack] as const
