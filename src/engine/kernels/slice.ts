/** Kernels that cut tensors along their axes. */
import { type Attrs, type Node, type Shape, type Spec, type Value } from "../graph/value.ts"
import { type AxisView, axisView } from "../lowering/axis-view.ts"
import { defineFilled } from "../lowering/filled.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { tfjs } from "../tfjs.ts"
import { type Kernel, type Primitive } from "./kernel.ts"
import { normalAxis } from "./shape.ts"

/** Attributes: `begin` and `size`, each for the first axes or a number for the first one; a size of -1 reaches to the end. */
const slice: Primitive = {
  name: "Slice",
  inputs: ["x"],
  infer: ([x], attrs) => [{ shape: sliceOf(x!, attrs).size, dtype: x!.dtype }],
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    const { begin } = sliceOf(x!, attrs)
    const view = viewOf(lowering, x!, [output!], [begin[3]!])
    view.define(output!, cut(lowering, view, x!, begin, output!.shape))
  }
}

const sliceOf = (
  x: Spec,
  { begin, size }: Attrs
): { readonly begin: Shape; readonly size: Shape } => {
  const { slice_util: tools } = tfjs()
  const tensor = x as unknown as Parameters<typeof tools.parseSliceParams>[0]
  const [starts, lengths] = tools.parseSliceParams(
    tensor,
    begin as Array<number>,
    size as Array<number>
  ) as [Array<number>, Array<number>]
  tools.assertParamsValid(tensor, starts, lengths)
  return { begin: starts, size: lengths }
}

const viewOf = (
  lowering: Lowering,
  x: Value,
  outputs: ReadonlyArray<Value>,
  channels: ReadonlyArray<number>
): AxisView =>
  axisView(lowering, [x], [x, ...outputs], (block) =>
    channels.every((channel) => channel % block === 0)
  )

/** A part of x of shape `size`, in a view. */
const cut = (
  { onnx }: Lowering,
  { axis, block, name }: AxisView,
  x: Value,
  begin: Shape,
  size: Shape
): string => {
  const axes = size.flatMap((dim, at) => (dim === x.shape[at] ? [] : [at]))
  if (axes.length === 0) return name(x)
  const inBlocks = (position: number, at: number) => (at === 3 ? position / block : position)
  return onnx.node("Slice", [
    name(x),
    onnx.ints(axes.map((at) => inBlocks(begin[at]!, at))),
    onnx.ints(axes.map((at) => inBlocks(begin[at]! + size[at]!, at))),
    onnx.ints(axes.map(axis))
  ])
}

/** Elements `begin + i·strides` of each axis; attributes `begin`, `strides` (not 0, may be negative) and the result's `shape`. */
const stridedSlice: Primitive = {
  name: "SliceSteps",
  inputs: ["x"],
  infer: ([x], { shape }) => [{ shape: shape as Shape, dtype: x!.dtype }],
  lower: ({ attrs, inputs: [x], outputs: [output] }, lowering) => {
    if (defineFilled(lowering, [output!], x)) return
    const begin = attrs["begin"] as Shape
    const strides = attrs["strides"] as Shape
    const { onnx } = lowering
    const ends = output!.shape.map((dim, axis) => {
      const step = strides[axis]!
      const last = begin[axis]! + (dim - 1) * step
      // One before the first element: negative ends count from the back, so it lies a whole length further.
      return step > 0 ? last + 1 : last === 0 ? -x!.shape[axis]! - 1 : last - 1
    })
    const axes = begin.map((_, axis) => axis)
    lowering.define(
      output!,
      "plain",
      onnx.node("Slice", [
        lowering.plain(x!),
        onnx.ints(begin),
        onnx.ints(ends),
        onnx.ints(axes),
        onnx.ints(strides)
      ])
    )
  }
}

const stridedSliceWithMasks: Kernel = {
  name: "StridedSlice",
  inputs: ["x"],
  expand: (recorder, [x], attrs) => {
    const numbers = (name: string) => attrs[name] as Array<number>
    const mask = (name: string) => attrs[name] as number
    const info = tfjs().slice_util.sliceInfo(
      [...x!.shape],
      numbers("begin"),
      numbers("end"),
      numbers("strides"),
      mask("beginMask"),
      mask("endMask"),
      mask("ellipsisMask"),
      mask("newAxisMask"),
      mask("shrinkAxisMask")
    )
    const { begin, end, finalShape, strides } = info
    // Not the shape that `info` has, too: axes to be dropped are missing in it.
    const shape = strides.map((step, axis) =>
      Math.max(0, Math.ceil((end[axis]! - begin[axis]!) / step))
    )
    const part = strides.every((step) => step === 1)
      ? recorder.one("Slice", [x!], { begin, size: shape })
      : recorder.one("SliceSteps", [x!], { begin, strides, shape })
    return [recorder.one("Reshape", [part], { shape: finalShape })]
  }
}

/** Cuts along `axis` into so many equal parts, or into parts of given sizes of which one may be -1. */
const split: Primitive = {
  name: "SplitV",
  inputs: ["x"],
  outputs: "list",
  infer: ([x], attrs) => {
    const { axis, sizes } = splitOf(x!, attrs)
    return sizes.map((size) => ({ shape: x!.shape.with(axis, size), dtype: x!.dtype }))
  },
  lower: (node, lowering) => lowerSplit(node, lowering)
}

const splitOf = (x: Spec, { axis, numOrSizeSplits }: Attrs) => {
  const at = normalAxis(axis as number, x.shape.length)
  const { backend_util: tools } = tfjs()
  const tensor = x as unknown as Parameters<typeof tools.prepareSplitSize>[0]
  return { axis: at, sizes: tools.prepareSplitSize(tensor, numOrSizeSplits as Array<number>, at) }
}

const lowerSplit = ({ attrs, inputs: [x], outputs }: Node, lowering: Lowering): void => {
  if (defineFilled(lowering, outputs, x)) return
  const { axis } = splitOf(x!, attrs)
  const parts = outputs.filter(({ size }) => size > 0)
  const sizes = parts.map(({ shape }) => shape[axis]!)
  const view = viewOf(lowering, x!, parts, axis === 3 ? sizes : [])
  if (lowering.target.provider === "cpu" && parts.length > 1) {
    const { onnx } = lowering
    const lengths = axis === 3 ? sizes.map((size) => size / view.block) : sizes
    const names = onnx.nodeWithOutputs(parts.length, "Split", [view.name(x!), onnx.ints(lengths)], {
      axis: view.axis(axis)
    })
    for (const [index, part] of parts.entries()) view.define(part, names[index]!)
    return
  }
  // Elsewhere a split into many parts has more outputs than a shader can write to (WebGPU: about ten).
  let begin = 0
  for (const part of parts) {
    const starts = x!.shape.map((_, at) => (at === axis ? begin : 0))
    view.define(part, cut(lowering, view, x!, starts, part.shape))
    begin += part.shape[axis]!
  }
}

const unpack: Kernel = {
  name: "Unpack",
  inputs: ["value"],
  outputs: "list",
  expand: (recorder, [value], attrs) => {
    const axis = normalAxis(attrs["axis"] as number, value!.shape.length)
    const parts = value!.shape[axis]!
    const shape = value!.shape.toSpliced(axis, 1)
    return recorder
      .record("SplitV", [value!], { numOrSizeSplits: Array<number>(parts).fill(1), axis })
      .map((part) => recorder.one("Reshape", [part], { shape }))
  }
}

export const sliceKernels: ReadonlyArray<Kernel> = [
  slice,
  stridedSlice,
  stridedSliceWithMasks,
  split,
  unpack
]
