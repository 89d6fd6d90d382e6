/** Kernels that see the same elements in another shape or order of axes. */
import { type Attrs, type Shape, type Value, sameShape, sizeOf } from "../graph/value.ts"
import { defineFilled } from "../lowering/filled.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { type Kernel, type Primitive } from "./kernel.ts"

const shapeOf = (attrs: Attrs, name = "shape"): Shape => attrs[name] as Shape

export const normalAxis = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

const reshape: Primitive = {
  name: "Reshape",
  inputs: ["x"],
  infer: ([x], attrs) => [{ shape: inferredShape(x!.shape, shapeOf(attrs)), dtype: x!.dtype }],
  lower: ({ inputs: [x], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    if (viewOfStored(lowering, x!, output!, (name) => lowering.onnx.reshape(name, output!.shape)))
      return
    if (sameShape(x!.shape, output!.shape)) return defineSame(lowering, output!, x!)
    lowering.define(output!, "plain", lowering.onnx.reshape(lowering.plain(x!), output!.shape))
  }
}

/** The same tensor: in all forms in which it is at hand. */
const defineSame = (lowering: Lowering, output: Value, x: Value): void => {
  for (const form of ["plain", "nchw", "blocked"] as const) {
    if (lowering.has(x, form)) lowering.define(output, form, () => lowering.get(x, form))
  }
}

/** A weight that lies in a file keeps its type: what is made of it may want that. */
const viewOfStored = (
  lowering: Lowering,
  x: Value,
  output: Value,
  view: (name: string) => string
): boolean => {
  const stored = lowering.stored(x)
  if (stored === undefined) return false
  lowering.defineStored(output, { ...stored, name: () => view(stored.name()) })
  return true
}

const transpose: Primitive = {
  name: "Transpose",
  inputs: ["x"],
  infer: ([x], { perm }) => [
    { shape: (perm as Shape).map((axis) => x!.shape[axis]!), dtype: x!.dtype }
  ],
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    const perm = shapeOf(attrs, "perm")
    if (viewOfStored(lowering, x!, output!, (name) => lowering.onnx.transpose(name, perm))) return
    if (perm.every((axis, index) => axis === index)) return defineSame(lowering, output!, x!)
    // Channels first and last are forms of one tensor: no need to move anything before it is asked for.
    if (perm.join() === "0,2,3,1") return lowering.define(output!, "nchw", () => lowering.plain(x!))
    if (perm.join() === "0,3,1,2") {
      return lowering.define(output!, "plain", () => lowering.nchw(x!))
    }
    lowering.define(output!, "plain", lowering.onnx.transpose(lowering.plain(x!), perm))
  }
}

export const shapeKernels: ReadonlyArray<Kernel> = [
  reshape,
  transpose,
  {
    name: "ExpandDims",
    inputs: ["input"],
    expand: (recorder, [input], { dim }) => {
      const { shape } = input!
      const at = normalAxis(dim as number, shape.length + 1)
      if (!Number.isInteger(at) || at < 0 || at > shape.length) {
        throw new Error(`Axis must be in the interval [${-shape.length - 1}, ${shape.length}]`)
      }
      return [recorder.one("Reshape", [input!], { shape: shape.toSpliced(at, 0, 1) })]
    }
  }
]

/** A shape with one -1 filled in. */
const inferredShape = (from: Shape, to: Shape): Shape => {
  const known = to.reduce((size, dim) => (dim === -1 ? size : size * dim), 1)
  const shape = to.map((dim) => (dim === -1 ? sizeOf(from) / known : dim))
  if (sizeOf(shape) !== sizeOf(from)) {
    throw new Error(
      `The new shape (${to.join()}) has ${sizeOf(shape)} elements and the old shape (${from.join()}) has ${sizeOf(from)} ` +
        "elements. The new shape and old shape must have the same number of elements."
    )
  }
  return shape
}
