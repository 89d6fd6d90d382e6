/** The largest element, or the mean, of each window. */
import { type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { lowestFloat, withoutNaN } from "./without-nan.ts"
import {
  type Windows,
  isRegular,
  channelsFirst,
  defineChannelsFirst,
  isOneWindow,
  poolAttributes,
  poolsBlocked,
  spatialPads
} from "./windows.ts"

/**
 * Defines `output` as the largest element of each window of x. NaN counts as smaller than all, and a window without a
 * number gives -infinity, as in tfjs's cpu backend.
 */
export const lowerMax = (lowering: Lowering, x: Value, output: Value, windows: Windows): void => {
  if (output.size === 0) return lowering.defineUniform(output, 0)
  const { onnx } = lowering
  const float = (pooled: string): string => {
    const isNumber = onnx.node("Greater", [pooled, onnx.float(lowestFloat)])
    return onnx.node("Where", [isNumber, pooled, onnx.float(-Infinity)])
  }
  if (x.dtype === "int32") {
    // ONNX pools no int32; float64 has them all. A window without a number gives 0.
    const wide = onnx.cast(channelsFirst(lowering, x), "float64")
    const double = (value: number) => onnx.constant("float64", [], new Float64Array([value]))
    const pooled = planarMax(lowering, wide, windows, () => double(-Infinity))
    const isNumber = onnx.node("GreaterOrEqual", [pooled, double(-(2 ** 31))])
    const whole = onnx.node("Where", [isNumber, pooled, double(0)])
    return defineChannelsFirst(lowering, output, onnx.cast(whole, "int32"))
  }
  if (isRegular(windows) && poolsBlocked(lowering, x)) {
    const image = withoutNaN(lowering, lowering.blocked(x))
    const pooled = lowering.nchwc("MaxPool", [image], poolAttributes(windows))
    return lowering.define(output, "blocked", float(pooled))
  }
  const image = withoutNaN(lowering, channelsFirst(lowering, x))
  const pooled = planarMax(lowering, image, windows, () => onnx.float(-Infinity))
  defineChannelsFirst(lowering, output, float(pooled))
}

const planarMax = (
  { onnx }: Lowering,
  image: string,
  windows: Windows,
  lowest: () => string
): string => {
  if (isRegular(windows)) return onnx.node("MaxPool", [image], poolAttributes(windows))
  const { after, before, kernel, strides } = windows
  const padded = onnx.node("Pad", [image, onnx.ints(spatialPads(before, after)), lowest()])
  return onnx.node("MaxPool", [padded], { kernel_shape: kernel, strides })
}

/**
 * Defines `output` as the mean over the pixels of each window that are in the image.
 *
 * @param empty the result of windows without a pixel
 */
export const lowerMean = (
  lowering: Lowering,
  x: Value,
  output: Value,
  windows: Windows,
  empty: number
): void => {
  if (output.size === 0) return lowering.defineUniform(output, 0)
  const { onnx } = lowering
  if (isRegular(windows) && poolsBlocked(lowering, x)) {
    const image = lowering.blocked(x)
    const pooled = isOneWindow(windows)
      ? lowering.nchwc("GlobalAveragePool", [image])
      : lowering.nchwc("AveragePool", [image], poolAttributes(windows))
    return lowering.define(output, "blocked", pooled)
  }
  const image = channelsFirst(lowering, x)
  if (isRegular(windows)) {
    const pooled = onnx.node("AveragePool", [image], poolAttributes(windows))
    return defineChannelsFirst(lowering, output, pooled)
  }
  const { after, before, kernel, out, strides } = windows
  const padded = onnx.node("Pad", [image, onnx.ints(spatialPads(before, after))])
  let pooled = onnx.node("AveragePool", [padded], { kernel_shape: kernel, strides })
  // From the mean over the whole window to that over its part in the image, axis by axis.
  for (const axis of kernel.keys()) {
    const dims = out.map((length, other) => (other === axis ? length : 1))
    const factors = Float32Array.from(insideOf(windows, axis), (count) =>
      count === 0 ? 0 : kernel[axis]! / count
    )
    pooled = onnx.node("Mul", [pooled, onnx.constant("float32", dims, factors)])
  }
  const chosen = [emptyWindows(lowering, windows), onnx.float(empty), pooled]
  defineChannelsFirst(lowering, output, onnx.node("Where", chosen))
}

/** How many pixels of each window are in the image, along one axis. */
const insideOf = (
  { before, kernel, out, sizes, strides }: Windows,
  axis: number
): ReadonlyArray<number> =>
  Array.from({ length: out[axis]! }, (_, window) => {
    const begin = window * strides[axis]! - before[axis]!
    return Math.max(0, Math.min(sizes[axis]!, begin + kernel[axis]!) - Math.max(0, begin))
  })

/** A bool `[…out]` of the windows without a pixel. */
const emptyWindows = ({ onnx }: Lowering, windows: Windows): string => {
  const { out } = windows
  let empty = Uint8Array.of(0)
  for (const axis of out.keys()) {
    const inside = insideOf(windows, axis)
    empty = Uint8Array.from(
      [...empty].flatMap((before) => inside.map((count) => (before === 1 || count === 0 ? 1 : 0)))
    )
  }
  return onnx.constant("bool", out, empty)
}
