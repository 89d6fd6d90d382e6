/** Kernels that put a border around a tensor. */
import { type Shape } from "../graph/value.ts"
import { axisView } from "../lowering/axis-view.ts"
import { defineFilled } from "../lowering/filled.ts"
import { type Kernel, type Primitive } from "./kernel.ts"

/** How many elements before and after, for each axis. */
type Paddings = ReadonlyArray<readonly [before: number, after: number]>

const paddedShape = (shape: Shape, paddings: unknown): Shape =>
  shape.map((dim, axis) => {
    const [before, after] = (paddings as Paddings)[axis]!
    return before + dim + after
  })

/** Inputs: x and the scalar around it. Not an attribute, because it may be infinite. */
const pad: Primitive = {
  name: "Pad",
  inputs: ["x", "constant"],
  infer: ([x], { paddings }) => [{ shape: paddedShape(x!.shape, paddings), dtype: x!.dtype }],
  lower: ({ attrs, inputs: [x, constant], outputs: [output] }, lowering) => {
    const number = lowering.uniform(constant!)
    if (number !== undefined && (x!.size === 0 || lowering.uniform(x!) === number)) {
      return lowering.defineUniform(output!, number)
    }
    const { onnx } = lowering
    const paddings = attrs["paddings"] as Paddings
    const axes = paddings.flatMap(([before, after], axis) => (before + after > 0 ? [axis] : []))
    const view = axisView(lowering, [x!], [x!, output!], (block) =>
      paddings[3]!.every((count) => count % block === 0)
    )
    const counts = (side: 0 | 1) =>
      axes.map((axis) => paddings[axis]![side] / (axis === 3 ? view.block : 1))
    view.define(
      output!,
      axes.length === 0
        ? view.name(x!)
        : onnx.node("Pad", [
            view.name(x!),
            onnx.ints([...counts(0), ...counts(1)]),
            lowering.plain(constant!),
            onnx.ints(axes.map(view.axis))
          ])
    )
  }
}

/** Attribute `mode`: "reflect" leaves the outermost elements out of the border, "symmetric" repeats them. */
const mirrorPad: Primitive = {
  name: "MirrorPad",
  inputs: ["x"],
  infer: ([x], { paddings }) => [{ shape: paddedShape(x!.shape, paddings), dtype: x!.dtype }],
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    const { onnx } = lowering
    const paddings = attrs["paddings"] as Paddings
    const view = axisView(lowering, [x!], [x!], () => paddings[3]!.every((count) => count === 0))
    const offset = attrs["mode"] === "reflect" ? 0 : 1
    let name = view.name(x!)
    for (const [axis, [before, after]] of paddings.entries()) {
      if (before + after === 0) continue
      const dim = x!.shape[axis]!
      // ONNX's Pad can reflect, but not repeat the outermost elements.
      const sources = Array.from({ length: before + dim + after }, (_, at) => {
        const from = at - before
        if (from < 0) return -from - offset
        return from < dim ? from : 2 * (dim - 1) - from + offset
      })
      name = onnx.node("Gather", [name, onnx.ints(sources)], { axis: view.axis(axis) })
    }
    view.define(output!, name)
  }
}

export const padKernels: ReadonlyArray<Kernel> = [
  pad,
  {
    name: "PadV2",
    inputs: ["x"],
    expand: (recorder, [x], { constantValue, paddings }) => [
      recorder.one("Pad", [x!, recorder.constant(Number(constantValue ?? 0), x!.dtype)], {
        paddings
      })
    ]
  },
  mirrorPad
]
