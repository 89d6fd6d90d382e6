/**
 * Filters in the order that the blocked convolution reads, rearranged inside of the graph because a filter that is being
 * trained is new at each run. All start from tfjs's `[kh, kw, I, O]`; b is the block.
 */
import { type Lowering } from "../lowering.ts"

/** Of how many channels a blocked convolution can read: whole blocks, or fewer than one, which it reads as NCHW. */
export const readsBlocked = (channels: number, block: number): boolean =>
  block > 0 && (channels % block === 0 || channels < block)

export const roundUp = (channels: number, block: number): number =>
  Math.ceil(channels / block) * block

/** The taps `taps` (indices into kh·kw, row-major) of a filter. */
export interface Taps {
  readonly kernel: readonly [height: number, width: number]
  readonly order: ReadonlyArray<number>
}

/** A filter from I to O channels, padded to whole blocks of O: nominal dims `[O', I, kh, kw]`. */
export const forwardFilter = (
  lowering: Lowering,
  filter: string,
  [kh, kw, inputs, outputs]: readonly [number, number, number, number]
): string => {
  const { onnx, target } = lowering
  const { block } = target
  const padded = roundUp(outputs, block)
  const full = padLast(lowering, filter, [kh, kw, inputs, outputs], padded)
  const dims = [padded, inputs, kh, kw]
  if (inputs % block !== 0) {
    const parts = onnx.reshape(full, [kh * kw, inputs, padded / block, block])
    return onnx.reshape(onnx.transpose(parts, [2, 1, 0, 3]), dims)
  }
  const parts = onnx.reshape(full, [kh * kw, inputs / block, block, padded / block, block])
  return onnx.reshape(onnx.transpose(parts, [3, 1, 0, 2, 4]), dims)
}

/**
 * The filter that leads back from O to I channels (I in whole blocks) with the given taps of the original, in that
 * order: nominal dims `[I, O, taps height, taps width]`.
 */
export const backwardFilter = (
  lowering: Lowering,
  filter: string,
  [kh, kw, inputs, outputs]: readonly [number, number, number, number],
  taps: Taps
): string => {
  const { onnx, target } = lowering
  const { block } = target
  const dims = [inputs, outputs, ...taps.kernel]
  const blocks = inputs / block
  const own = (shape: ReadonlyArray<number>) =>
    inOrder(lowering, onnx.reshape(filter, shape), kh * kw, taps)
  if (outputs % block !== 0) {
    const parts = own([kh * kw, blocks, block, outputs])
    return onnx.reshape(onnx.transpose(parts, [1, 3, 0, 2]), dims)
  }
  const parts = own([kh * kw, blocks, block, outputs / block, block])
  return onnx.reshape(onnx.transpose(parts, [1, 3, 0, 4, 2]), dims)
}

/** A depthwise filter `[kh, kw, 1, C]` (C in whole blocks) with the given taps: nominal dims `[C, 1, height, width]`. */
export const depthwiseFilter = (
  lowering: Lowering,
  filter: string,
  [kh, kw, channels]: readonly [number, number, number],
  taps: Taps
): string => {
  const { onnx, target } = lowering
  const { block } = target
  const parts = onnx.reshape(filter, [kh * kw, channels / block, block])
  const own = inOrder(lowering, parts, kh * kw, taps)
  return onnx.reshape(onnx.transpose(own, [1, 0, 2]), [channels, 1, ...taps.kernel])
}

/** The first axis of a filter, its `count` taps, in an order. */
const inOrder = ({ onnx }: Lowering, parts: string, count: number, { order }: Taps): string =>
  order.length === count && order.every((tap, index) => tap === index)
    ? parts
    : onnx.node("Gather", [parts, onnx.ints(order)], { axis: 0 })

/** All taps as they are. */
export const allTaps = (kernel: readonly [number, number]): Taps => ({
  kernel,
  order: Array.from({ length: kernel[0] * kernel[1] }, (_, tap) => tap)
})

/** A tensor with zeros behind its last axis. */
export const padLast = (
  { onnx }: Lowering,
  tensor: string,
  shape: ReadonlyArray<number>,
  length: number
): string => {
  const missing = length - shape.at(-1)!
  if (missing === 0) return tensor
  const zeros = onnx.node("Expand", [onnx.float(0), onnx.ints([...shape.slice(0, -1), missing])])
  return onnx.node("Concat", [tensor, zeros], { axis: shape.length - 1 })
}
