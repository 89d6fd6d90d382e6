/** Kernels that write slices into a tensor at given indices. */
import { type Node, type Shape, type Value, sizeOf } from "../graph/value.ts"
import { defineFilled } from "../lowering/filled.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { scatterRows } from "../lowering/scatter.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"
import { checkKnownIndices } from "./known-indices.ts"

/**
 * Inputs: the tensor, which may be a scalar that fills it; index vectors along the last axis of `indices` (a tensor of
 * rank 1 holds vectors of one index); updates, one slice for each vector, or a scalar for all. Attributes: the result's
 * `shape`, and `add` (0: the last update for a place stays, or 1).
 */
const scatter: Primitive = {
  name: "Scatter",
  inputs: ["tensor", "indices", "updates"],
  infer: ([tensor], { shape }) => [{ shape: shape as Shape, dtype: tensor!.dtype }],
  lower: (node, lowering) => lowerScatter(node, lowering)
}

const lowerScatter = (
  { attrs, inputs: [tensor, indices, updates], outputs: [output] }: Node,
  lowering: Lowering
): void => {
  if (defineFilled(lowering, [output!])) return
  const { onnx } = lowering
  const { shape } = output!
  const indexed = vectorLength(indices!)
  const [rows, width] = [sizeOf(shape.slice(0, indexed)), sizeOf(shape.slice(indexed))]
  const count = indices!.size / indexed
  const expanded = (value: Value, dims: Shape) =>
    value.size === 1
      ? onnx.node("Expand", [onnx.reshape(lowering.plain(value), [1, 1]), onnx.ints(dims)])
      : onnx.reshape(lowering.plain(value), dims)
  const table = expanded(tensor!, [rows, width])
  const scattered =
    count === 0
      ? table
      : scatterRows(lowering, {
          table,
          places: places(lowering, indices!, shape.slice(0, indexed), count),
          updates: expanded(updates!, [count, width]),
          count,
          width,
          add: attrs["add"] === 1
        })
  lowering.define(output!, "plain", onnx.reshape(scattered, shape))
}

const vectorLength = ({ shape }: Value): number => (shape.length > 1 ? shape.at(-1)! : 1)

/** Index vectors as row-major positions in a tensor of shape `dims`: int32 `[count]`. */
const places = (lowering: Lowering, indices: Value, dims: Shape, count: number): string => {
  const { onnx } = lowering
  const vectors = onnx.reshape(lowering.plain(indices), [count, dims.length])
  if (dims.length === 1) return onnx.reshape(vectors, [count])
  const strides = dims.map((_, axis) => sizeOf(dims.slice(axis + 1)))
  const moved = onnx.node("Mul", [
    vectors,
    onnx.constant("int32", [dims.length], Int32Array.from(strides))
  ])
  return onnx.node("ReduceSum", [moved, onnx.ints([1])], { keepdims: 0 })
}

const checkIndices = (indices: Value, shape: Shape): void =>
  checkKnownIndices(
    indices,
    shape.slice(0, vectorLength(indices)),
    (index) => `Invalid indices: ${index} does not index into ${shape.join()}`
  )

const scatterNd: Composite = {
  name: "ScatterNd",
  inputs: ["indices", "updates"],
  expand: (recorder, [indices, updates], attrs) => {
    const shape = attrs["shape"] as Shape
    checkIndices(indices!, shape)
    const zero = recorder.constant(0, updates!.dtype)
    return [recorder.one("Scatter", [zero, indices!, updates!], { shape, add: 1 })]
  }
}

const tensorScatterUpdate: Composite = {
  name: "TensorScatterUpdate",
  inputs: ["tensor", "indices", "updates"],
  expand: (recorder, [tensor, indices, updates]) => {
    checkIndices(indices!, tensor!.shape)
    const attrs = { shape: tensor!.shape, add: 0 }
    return [recorder.one("Scatter", [tensor!, indices!, updates!], attrs)]
  }
}

const sparseToDense: Composite = {
  name: "SparseToDense",
  inputs: ["sparseIndices", "sparseValues", "defaultValue"],
  expand: (recorder, [indices, updates, fill], attrs) => {
    const shape = attrs["outputShape"] as Shape
    checkIndices(indices!, shape)
    return [recorder.one("Scatter", [fill!, indices!, updates!], { shape, add: 0 })]
  }
}

export const scatterKernels: ReadonlyArray<Kernel> = [
  scatter,
  scatterNd,
  tensorScatterUpdate,
  sparseToDense
]
