/** Sums of slices that belong together: the gradient of a gather, such as that of an embedding's table. */
import { type Node, sizeOf } from "../graph/value.ts"
import { defineFilled } from "../lowering/filled.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { product } from "../lowering/product.ts"
import { scatterRows } from "../lowering/scatter.ts"
import { type DType } from "../onnx/element-type.ts"
import { type Primitive } from "./kernel.ts"

/** Inputs: x `[n, …]`, segmentIds `[n]`. Slices with an id outside of [0, numSegments) belong nowhere. */
const unsortedSegmentSum: Primitive = {
  name: "UnsortedSegmentSum",
  inputs: ["x", "segmentIds"],
  infer: ([x, ids], { numSegments }) => {
    if (ids!.shape.length !== 1 || x!.shape[0] !== ids!.shape[0]) {
      throw new Error(
        `unsortedSegmentSum: segmentIds has the shape [${ids!.shape.join()}], ` +
          `but must be a vector as long as the first axis of x [${x!.shape.join()}]`
      )
    }
    return [{ shape: [numSegments as number, ...x!.shape.slice(1)], dtype: x!.dtype }]
  },
  lower: (node, lowering) => lowerSegmentSum(node, lowering)
}

/** Up to so many segments a product with a table of zeros and ones takes less time than adding one by one. */
const cheapSegments = 1024

const lowerSegmentSum = (
  { inputs: [x, ids], outputs: [output] }: Node,
  lowering: Lowering
): void => {
  if (defineFilled(lowering, [output!])) return
  if (x!.size === 0) return lowering.defineUniform(output!, 0)
  const { onnx, target } = lowering
  const [segments, ...rest] = output!.shape as readonly [number, ...Array<number>]
  const [count, width] = [x!.shape[0]!, sizeOf(rest)]
  const rows = onnx.reshape(lowering.plain(x!), [count, width])
  const byProduct = target.provider === "cpu" && segments <= cheapSegments && x!.dtype === "float32"
  const size = { segments, count, width }
  const sums = byProduct
    ? sumByProduct(lowering, lowering.plain(ids!), rows, size)
    : sumByScatter(lowering, lowering.plain(ids!), rows, size, x!.dtype)
  lowering.define(output!, "plain", onnx.reshape(sums, output!.shape))
}

interface Size {
  readonly segments: number
  readonly count: number
  readonly width: number
}

/** `membership · rows`, where membership `[segments, count]` is 1 where a row belongs to a segment. */
const sumByProduct = (
  lowering: Lowering,
  ids: string,
  rows: string,
  { count, segments, width }: Size
): string => {
  const { onnx } = lowering
  const each = onnx.constant(
    "int32",
    [segments, 1],
    Int32Array.from({ length: segments }, (_, segment) => segment)
  )
  const isMember = onnx.node("Equal", [onnx.reshape(ids, [1, count]), each])
  const membership = onnx.cast(isMember, "float32")
  return product(lowering, membership, rows, { m: segments, k: count, n: width })
}

const sumByScatter = (
  lowering: Lowering,
  ids: string,
  rows: string,
  { count, segments, width }: Size,
  dtype: DType
): string => {
  const { onnx } = lowering
  const belongs = onnx.node("And", [
    onnx.node("Not", [onnx.node("Less", [ids, onnx.int32(0)])]),
    onnx.node("Less", [ids, onnx.int32(segments)])
  ])
  // Rows that belong nowhere add zeros to the first segment.
  const places = onnx.node("Where", [belongs, ids, onnx.int32(0)])
  const mask = onnx.cast(onnx.reshape(belongs, [count, 1]), dtype)
  const zero = dtype === "int32" ? onnx.int32(0) : onnx.float(0)
  return scatterRows(lowering, {
    table: onnx.node("Expand", [zero, onnx.ints([segments, width])]),
    places,
    updates: onnx.node("Mul", [rows, mask]),
    count,
    width,
    add: true
  })
}

export const segmentSumKernels: ReadonlyArray<Primitive> = [unsortedSegmentSum]
