/** Kernels that repeat a tensor or turn it around along its axes. */
import { broadcastShape } from "../graph/broadcast.ts"
import { type Shape, sameShape } from "../graph/value.ts"
import { axisView } from "../lowering/axis-view.ts"
import { defineFilled } from "../lowering/filled.ts"
import { tfjs } from "../tfjs.ts"
import { type Kernel, type Primitive } from "./kernel.ts"

/** By numpy's rule to the attribute `shape`. */
const broadcastTo: Primitive = {
  name: "BroadcastTo",
  inputs: ["x"],
  infer: ([x], attrs) => {
    const shape = attrs["shape"] as Shape
    if (!sameShape(broadcastShape(x!.shape, shape), shape)) {
      throw new Error(
        `broadcastTo(): [${x!.shape.join()}] cannot be broadcast to [${shape.join()}].`
      )
    }
    return [{ shape, dtype: x!.dtype }]
  },
  lower: ({ inputs: [x], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    const { onnx } = lowering
    lowering.define(
      output!,
      "plain",
      onnx.node("Expand", [lowering.plain(x!), onnx.ints(output!.shape)])
    )
  }
}

/** The whole tensor `reps` times along each axis. */
const repeat: Primitive = {
  name: "Repeat",
  inputs: ["x"],
  infer: ([x], attrs) => {
    const reps = attrs["reps"] as Shape
    return [{ shape: x!.shape.map((dim, axis) => dim * reps[axis]!), dtype: x!.dtype }]
  },
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    const { onnx } = lowering
    lowering.define(
      output!,
      "plain",
      onnx.node("Tile", [lowering.plain(x!), onnx.ints(attrs["reps"] as Shape)])
    )
  }
}

const tile: Kernel = {
  name: "Tile",
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const reps = attrs["reps"] as Shape
    const { shape } = x!
    const grown = shape.map((dim, axis) => dim * reps[axis]!)
    if (reps.every((count) => count === 1)) return [x!]
    return [
      shape.every((dim, axis) => dim === 1 || reps[axis] === 1)
        ? recorder.one("BroadcastTo", [x!], { shape: grown })
        : recorder.one("Repeat", [x!], { reps })
    ]
  }
}

/** Attribute `dims`: the axes to turn around. */
const reverse: Primitive = {
  name: "Reverse",
  inputs: ["x"],
  infer: ([x], { dims }) => {
    // Checks that there are such axes.
    tfjs().util.parseAxisParam(dims as Array<number>, [...x!.shape])
    return [{ shape: x!.shape, dtype: x!.dtype }]
  },
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    const { onnx } = lowering
    const { shape } = x!
    const dims = tfjs().util.parseAxisParam(attrs["dims"] as Array<number>, [...shape])
    const view = axisView(lowering, [x!], [x!], () => !dims.includes(3))
    let name = view.name(x!)
    for (const axis of dims) {
      const dim = shape[axis]!
      if (dim === 1) continue
      // Gathering whole slices is cheaper than a slice of step -1; not for single elements, nor with long lists of indices.
      const bySlices = axis < shape.length - 1 && dim <= 1024
      name = bySlices
        ? onnx.node(
            "Gather",
            [name, onnx.ints(Array.from({ length: dim }, (_, at) => dim - 1 - at))],
            {
              axis: view.axis(axis)
            }
          )
        : onnx.node("Slice", [
            name,
            onnx.ints([dim - 1]),
            onnx.ints([-dim - 1]),
            onnx.ints([view.axis(axis)]),
            onnx.ints([-1])
          ])
    }
    view.define(output!, name)
  }
}

export const tileKernels: ReadonlyArray<Kernel> = [broadcastTo, repeat, tile, reverse]
