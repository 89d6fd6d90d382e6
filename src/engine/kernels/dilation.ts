/**
 * Grey-scale dilation, `y = max over the taps of x + filter`, and its gradients. Tap by tap, in the order of tfjs, of which
 * the first of several equal maxima gets the gradient and NaN is never a maximum.
 */
import type { backend_util } from "@tensorflow/tfjs"
import { type Attrs, type Shape, type Value } from "../graph/value.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { tfjs } from "../tfjs.ts"
import { type Primitive } from "./kernel.ts"

type Info = backend_util.Conv2DInfo

/** @throws Error when the shapes or paddings are not as tfjs wants them */
const infoOf = (x: Shape, filter: Shape, attrs: Attrs): Info =>
  tfjs().backend_util.computeDilation2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number],
    attrs["strides"] as number,
    attrs["pad"] as "same",
    "NHWC",
    attrs["dilations"] as number
  )

/** The filter's taps with the row and column of x that each window's tap lies on. */
const tapsOf = (info: Info) => {
  const lines = (count: number, stride: number, first: number): ReadonlyArray<number> =>
    Array.from({ length: count }, (_, window) => window * stride + first)
  return Array.from({ length: info.filterHeight * info.filterWidth }, (_, tap) => {
    const row = Math.floor(tap / info.filterWidth) * info.dilationHeight - info.padInfo.top
    const column = (tap % info.filterWidth) * info.dilationWidth - info.padInfo.left
    return {
      tap,
      rows: lines(info.outHeight, info.strideHeight, row),
      columns: lines(info.outWidth, info.strideWidth, column)
    }
  })
}

/** What tfjs's search begins with, and the result of windows outside of the image. */
const lowest = Number.MIN_SAFE_INTEGER

interface Search {
  /** `[N,OH,OW,C]`, float32. */
  readonly maximum: string
  /** The tap of the maximum, int64 `[N,OH,OW,C]`; 0 when there is none. */
  readonly tap: string
  /** Where in x's plane of H·W pixels the maximum is, int64 `[N,OH,OW,C]`. */
  readonly pixel: string
}

const search = (lowering: Lowering, x: Value, filter: Value, attrs: Attrs): Search => {
  const { onnx } = lowering
  const info = infoOf(x.shape, filter.shape, attrs)
  const { inChannels, inHeight, inWidth, outHeight, outWidth } = info
  const shape = info.outShape
  const int = (dims: ReadonlyArray<number>, values: ReadonlyArray<number>) =>
    onnx.constant("int64", dims, BigInt64Array.from(values, BigInt))
  const full = (name: string) => onnx.node("Expand", [name, onnx.ints(shape)])
  // One more row and column stand for all that is outside.
  const image = onnx.node("Pad", [
    lowering.plain(x),
    onnx.ints([0, 0, 0, 0, 0, 1, 1, 0]),
    onnx.float(-Infinity)
  ])
  const inside = (line: number, size: number) => (line >= 0 && line < size ? line : size)
  const plane = (rows: ReadonlyArray<number>, columns: ReadonlyArray<number>): string => {
    const pixels = rows.flatMap((row) => columns.map((column) => row * inWidth + column))
    return int([outHeight, outWidth, 1], pixels)
  }
  const clamped = (lines: ReadonlyArray<number>, size: number) =>
    lines.map((line) => Math.min(size - 1, Math.max(0, line)))
  const taps = tapsOf(info)
  const corner = taps[0]!
  let maximum = full(onnx.float(lowest))
  let tap = full(int([], [0]))
  let pixel = full(plane(clamped(corner.rows, inHeight), clamped(corner.columns, inWidth)))
  for (const { columns, rows, tap: at } of taps) {
    const tall = onnx.node("Gather", [image, onnx.ints(rows.map((row) => inside(row, inHeight)))], {
      axis: 1
    })
    const seen = onnx.node(
      "Gather",
      [tall, onnx.ints(columns.map((column) => inside(column, inWidth)))],
      { axis: 2 }
    )
    const weight = onnx.node(
      "Gather",
      [
        onnx.reshape(lowering.plain(filter), [taps.length, inChannels]),
        onnx.constant("int64", [], BigInt64Array.of(BigInt(at)))
      ],
      { axis: 0 }
    )
    const value = onnx.node("Add", [seen, weight])
    const isLarger = onnx.node("Greater", [value, maximum])
    maximum = onnx.node("Where", [isLarger, value, maximum])
    tap = onnx.node("Where", [isLarger, int([], [at]), tap])
    const place = plane(clamped(rows, inHeight), clamped(columns, inWidth))
    pixel = onnx.node("Where", [isLarger, place, pixel])
  }
  return { maximum, tap, pixel }
}

/** Inputs: x `[N,H,W,C]`, filter `[kh,kw,C]`. */
const dilation: Primitive = {
  name: "Dilation2D",
  inputs: ["x", "filter"],
  infer: ([x, filter], attrs) => [
    { shape: infoOf(x!.shape, filter!.shape, attrs).outShape, dtype: x!.dtype }
  ],
  lower: ({ attrs, inputs: [x, filter], outputs: [output] }, lowering) => {
    if (output!.size === 0) return lowering.defineUniform(output!, 0)
    lowering.define(output!, "plain", search(lowering, x!, filter!, attrs).maximum)
  }
}

const checkedGradient = (
  [x, filter, dy]: ReadonlyArray<{ readonly shape: Shape }>,
  attrs: Attrs,
  name: string
): void => {
  const { outShape } = infoOf(x!.shape, filter!.shape, attrs)
  if (outShape.join() !== dy!.shape.join()) {
    throw new Error(
      `Error in ${name}: dy must have the shape of the result, [${outShape.join()}], but has [${dy!.shape.join()}]`
    )
  }
}

const backpropInput: Primitive = {
  name: "Dilation2DBackpropInput",
  inputs: ["x", "filter", "dy"],
  infer: (inputs, attrs) => {
    checkedGradient(inputs, attrs, "Dilation2DBackpropInput")
    return [{ shape: inputs[0]!.shape, dtype: inputs[0]!.dtype }]
  },
  lower: ({ attrs, inputs: [x, filter, dy], outputs: [output] }, lowering) => {
    if (dy!.size === 0 || x!.size === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const [n, h, w, c] = x!.shape as readonly [number, number, number, number]
    const flat = [n, dy!.size / (n * c), c]
    const { pixel } = search(lowering, x!, filter!, attrs)
    const zeros = onnx.node("Expand", [onnx.float(0), onnx.ints([n, h * w, c])])
    const gradient = onnx.node(
      "ScatterElements",
      [zeros, onnx.reshape(pixel, flat), onnx.reshape(lowering.plain(dy!), flat)],
      { axis: 1, reduction: "add" }
    )
    lowering.define(output!, "plain", onnx.reshape(gradient, x!.shape))
  }
}

const backpropFilter: Primitive = {
  name: "Dilation2DBackpropFilter",
  inputs: ["x", "filter", "dy"],
  infer: (inputs, attrs) => {
    checkedGradient(inputs, attrs, "Dilation2DBackpropFilter")
    return [{ shape: inputs[1]!.shape, dtype: inputs[1]!.dtype }]
  },
  lower: ({ attrs, inputs: [x, filter, dy], outputs: [output] }, lowering) => {
    if (dy!.size === 0 || x!.size === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const { tap } = search(lowering, x!, filter!, attrs)
    const channels = filter!.shape[2]!
    const gradients = Array.from({ length: filter!.size / channels }, (_, at) => {
      const int = onnx.constant("int64", [], BigInt64Array.of(BigInt(at)))
      const isHere = onnx.node("Equal", [tap, int])
      const own = onnx.node("Where", [isHere, lowering.plain(dy!), onnx.float(0)])
      const sum = onnx.node("ReduceSum", [own, onnx.ints([0, 1, 2])], { keepdims: 0 })
      return onnx.reshape(sum, [1, channels])
    })
    const rows = onnx.node("Concat", gradients, { axis: 0 })
    lowering.define(output!, "plain", onnx.reshape(rows, filter!.shape))
  }
}

export const dilationKernels: ReadonlyArray<Primitive> = [dilation, backpropInput, backpropFilter]
