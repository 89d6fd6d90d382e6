/**
 * ONNX's own convolutions of images, channels first. Everywhere one node, but for three cases in which ONNX Runtime 1.30 computes
 * wrong numbers on WebGPU; they are told here from the shapes and computed by way of zeros.
 */
import { sizeOf } from "../../graph/value.ts"
import { type GraphBuilder } from "../../onnx/graph-builder.ts"
import { type Lowering } from "../lowering.ts"
import { asOneOfTwo } from "./one-image.ts"

type Pair = readonly [number, number]

interface ConvOptions {
  readonly kernel: Pair
  readonly strides: Pair
  readonly dilations: Pair
  /** Top, left, bottom, right. */
  readonly pads: ReadonlyArray<number>
  readonly groups: number
}

/** An ONNX value and its dims. */
export interface Shaped {
  readonly name: string
  readonly dims: ReadonlyArray<number>
  /** float32 if left out. */
  readonly type?: "float16"
}

const attributesOf = ({ dilations, groups, kernel, pads, strides }: ConvOptions) => ({
  kernel_shape: kernel,
  strides,
  pads,
  dilations,
  group: groups
})

/**
 * Conv.
 *
 * @param image `[N, I, H, W]`
 * @param filter `[O, I/groups, kh, kw]`
 * @param bias `[O]`
 */
export const onnxConv = (
  lowering: Lowering,
  image: Shaped,
  filter: Shaped,
  options: ConvOptions,
  bias?: string
): string => {
  const last = bias === undefined ? [] : [bias]
  const apply = (x: string, w: string, pads: ReadonlyArray<number>) =>
    lowering.onnx.node("Conv", [x, w, ...last], attributesOf({ ...options, pads }))
  const [images, channels = 0, ...size] = image.dims
  const { provider } = lowering.target
  if (provider === "cpu" && images === 1 && options.groups === 1) {
    const sum = sizeOf(filter.dims.slice(1))
    return asOneOfTwo(lowering.onnx, image.name, { sum, pixels: pixelsOf(size, options) }, (two) =>
      apply(two, filter.name, options.pads)
    )
  }
  if (provider !== "webgpu") return apply(image.name, filter.name, options.pads)
  const [top, left, bottom, right] = options.pads as readonly [number, number, number, number]
  let x = image
  let { pads } = options
  // A window of one pixel, or one that is the image, becomes a matrix product if nothing is added in front; it forgets
  // what is added behind.
  const isProduct = (edges: ReadonlyArray<number>) =>
    options.kernel.every((length, axis) => length === edges[axis])
  if (top + left === 0 && bottom + right > 0 && (isProduct([1, 1]) || isProduct(size))) {
    x = zerosBehind(lowering, zerosBehind(lowering, x, 2, bottom), 3, right)
    pads = [0, 0, 0, 0]
  }
  // Channels by threes (6, 9, 15, …) into channels by fours: issue 29651 of microsoft/onnxruntime.
  const outputs = filter.dims[0]!
  const byThrees = channels > 3 && channels % 3 === 0 && channels % 4 !== 0 && outputs % 4 === 0
  if (options.groups > 1 || !byThrees) return apply(x.name, filter.name, pads)
  const missing = 4 - (channels % 4)
  const [wide, w] = [x, filter].map((each) => zerosBehind(lowering, each, 1, missing))
  return apply(wide!.name, w!.name, pads)
}

/**
 * ConvTranspose.
 *
 * @param image `[N, I, H, W]`
 * @param filter `[I, O/groups, kh, kw]`
 * @param bias `[O]`
 */
export const onnxConvTranspose = (
  lowering: Lowering,
  image: Shaped,
  filter: Shaped,
  options: ConvOptions,
  bias?: string
): string => {
  const { onnx, target } = lowering
  const last = bias === undefined ? [] : [bias]
  const apply = (x: string, w: string) =>
    onnx.node("ConvTranspose", [x, w, ...last], attributesOf(options))
  const [n = 0, channels = 0, ...size] = image.dims
  const [, perGroup, kh = 0, kw = 0] = filter.dims
  const { groups } = options
  const inGroup = channels / groups
  if (target.provider === "cpu" && groups === 1 && channels > longestSum) {
    return byParts(onnx, channels, (part) => {
      const cut = (tensor: Shaped, axis: number) =>
        onnx.node("Slice", [
          tensor.name,
          onnx.ints([part]),
          onnx.ints([Math.min(channels, part + longestSum)]),
          onnx.ints([axis])
        ])
      const names = [cut(image, 1), cut(filter, 0), ...(part === 0 ? last : [])]
      return onnx.node("ConvTranspose", names, attributesOf(options))
    })
  }
  // Several groups with an even number of channels each and one result each.
  if (target.provider !== "webgpu" || groups === 1 || perGroup !== 1 || inGroup % 2 !== 0) {
    return apply(image.name, filter.name)
  }
  const grouped = (name: string, dims: ReadonlyArray<number>, axis: number) =>
    zerosBehind(lowering, { name: onnx.reshape(name, dims), dims }, axis, 1).name
  const images = grouped(image.name, [n, groups, inGroup, ...size], 2)
  const filters = grouped(filter.name, [groups, inGroup, kh, kw], 1)
  const odd = groups * (inGroup + 1)
  return apply(onnx.reshape(images, [n, odd, ...size]), onnx.reshape(filters, [odd, 1, kh, kw]))
}

/** Longer sums are split by MLAS in ways that depend on the number of threads. */
const longestSum = 128

/** The sum of what `make` gives for the channels from 0, 128, 256, … on. */
const byParts = (onnx: GraphBuilder, channels: number, make: (from: number) => string): string => {
  let sum = make(0)
  for (let from = longestSum; from < channels; from += longestSum) {
    sum = onnx.node("Add", [sum, make(from)])
  }
  return sum
}

const pixelsOf = (
  size: ReadonlyArray<number>,
  { dilations, kernel, pads, strides }: ConvOptions
): number =>
  size.reduce((product, length, axis) => {
    const reach = (kernel[axis]! - 1) * dilations[axis]! + 1
    const padded = length + pads[axis]! + pads[axis + 2]!
    return product * (Math.floor((padded - reach) / strides[axis]!) + 1)
  }, 1)

/** Not by Pad, which ONNX Runtime would take for paddings of the convolution. */
const zerosBehind = ({ onnx }: Lowering, tensor: Shaped, axis: number, count: number): Shaped => {
  if (count === 0) return tensor
  const { dims, name, type = "float32" } = tensor
  const zero = type === "float32" ? onnx.float(0) : onnx.cast(onnx.float(0), type)
  const zeros = onnx.node("Expand", [zero, onnx.ints(dims.with(axis, count))])
  return {
    ...tensor,
    name: onnx.node("Concat", [name, zeros], { axis }),
    dims: dims.with(axis, dims[axis]! + count)
  }
}
