/** Kernels that pick parts of a tensor by indices. */
import type { TensorInfo } from "@tensorflow/tfjs"
import { type Attrs, type Spec, Value } from "../graph/value.ts"
import { axisView, plainView } from "../lowering/axis-view.ts"
import { defineFilled } from "../lowering/filled.ts"
import { type Lowering, type Stored } from "../lowering/lowering.ts"
import { tfjs } from "../tfjs.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"
import { checkKnownIndices } from "./known-indices.ts"

/** Slices of x at `indices` along the attribute `axis`. */
const gather: Primitive = {
  name: "Gather",
  inputs: ["x", "indices"],
  infer: ([x, indices], { axis }) => [
    { shape: x!.shape.toSpliced(axis as number, 1, ...indices!.shape), dtype: x!.dtype }
  ],
  lower: ({ attrs, inputs: [x, indices], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    const axis = attrs["axis"] as number
    const stored = lowering.stored(x!)
    if (stored !== undefined && gathersStored(lowering, stored)) {
      // A table of embeddings: only the rows that are taken are converted.
      const names = [stored.name(), lowering.plain(indices!)]
      const rows = lowering.onnx.node("Gather", names, { axis })
      const name = stored.type === "float32" ? rows : lowering.onnx.cast(rows, "float32")
      return lowering.define(output!, "plain", name)
    }
    // With a vector of indices the axes stay what they are, so the result can have the form that x has.
    const view =
      indices!.shape.length === 1
        ? axisView(lowering, [x!], [x!, output!], () => axis !== 3)
        : plainView(lowering)
    view.define(
      output!,
      lowering.onnx.node("Gather", [view.name(x!), lowering.plain(indices!)], {
        axis: view.axis(axis)
      })
    )
  }
}

const gathersStored = ({ target }: Lowering, { type }: Stored): boolean =>
  target.provider === "cpu" || type === "float32" || (type === "float16" && target.float16)

/** tfjs's gather: with the attribute `batchDims` the first axes of x and of the indices go together. */
const gatherV2: Composite = {
  name: "GatherV2",
  inputs: ["x", "indices"],
  expand: (recorder, [x, indices], attrs) => {
    const { backend_util: tools, util } = tfjs()
    const axis = util.parseAxisParam(attrs["axis"] as number, [...x!.shape])[0]!
    const { batchSize, dimSize, outerSize, outputShape, sliceSize } =
      tools.segment_util.collectGatherOpShapeInfo(
        tensorLike(x!),
        tensorLike(indices!),
        axis,
        batchDimsOf(attrs)
      )
    checkKnownIndices(
      indices!,
      [dimSize],
      (index, dim) => `GatherV2: the index value ${index} is not in [0, ${dim - 1}]`
    )
    if (batchDimsOf(attrs) === 0) return [recorder.one("Gather", [x!, indices!], { axis })]
    if (outputShape.includes(0)) return [recorder.constant(0, x!.dtype, outputShape)]
    const reshape = (value: Value, shape: ReadonlyArray<number>) =>
      recorder.one("Reshape", [value], { shape })
    const swap = (value: Value) =>
      outerSize === 1 ? value : recorder.one("Transpose", [value], { perm: [0, 2, 1, 3] })
    // The slices of all batches in a row: batch b begins at b times the length of the axis.
    const slices = reshape(swap(reshape(x!, [batchSize, outerSize, dimSize, sliceSize])), [
      batchSize * dimSize,
      outerSize * sliceSize
    ])
    const count = indices!.size / batchSize
    const inRow = recorder.one("Add", [
      reshape(indices!, [batchSize, count]),
      beginnings(batchSize, dimSize)
    ])
    const gathered = recorder.one("Gather", [slices, inRow], { axis: 0 })
    return [reshape(swap(reshape(gathered, [batchSize, count, outerSize, sliceSize])), outputShape)]
  }
}

const batchDimsOf = ({ batchDims }: Attrs): number => (batchDims as number | undefined) ?? 0

/** Where each batch begins, `[batches, 1]`. */
const beginnings = (batches: number, length: number): Value => {
  const array = Int32Array.from({ length: batches }, (_, batch) => batch * length)
  return Value.resident({ shape: [batches, 1], dtype: "int32" }, { at: "host", array })
}

/** Slices of params at index vectors, which lie along the last axis of `indices`. */
const gatherNd: Kernel = {
  name: "GatherNd",
  inputs: ["params", "indices"],
  expand: (recorder, [params, indices]) => {
    const dims = params!.shape.slice(0, indices!.shape.at(-1))
    const [shape] = tfjs().backend_util.prepareAndValidate(
      tensorLike(params!),
      tensorLike(indices!)
    )
    checkKnownIndices(
      indices!,
      dims,
      (index, dim) => `Invalid indices: ${index} does not index into an axis of length ${dim}`
    )
    return [recorder.one("GatherVectors", [params!, indices!], { shape })]
  }
}

const gatherVectors: Primitive = {
  name: "GatherVectors",
  inputs: ["params", "indices"],
  infer: ([params], { shape }) => [{ shape: shape as ReadonlyArray<number>, dtype: params!.dtype }],
  lower: ({ inputs: [params, indices], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], params)) return
    const { onnx } = lowering
    const vectors = onnx.cast(lowering.plain(indices!), "int64")
    lowering.define(output!, "plain", onnx.node("GatherND", [lowering.plain(params!), vectors]))
  }
}

/** What tfjs's functions of shapes read of a tensor. */
const tensorLike = ({ dtype, shape }: Spec): TensorInfo =>
  ({ shape: [...shape], dtype, rank: shape.length }) as unknown as TensorInfo

export const gatherKernels: ReadonlyArray<Kernel> = [gather, gatherV2, gatherVectors, gatherNd]
