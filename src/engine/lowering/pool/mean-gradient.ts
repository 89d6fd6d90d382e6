/**
 * From the gradient of means over windows to that of the image: each pixel gets dy of the windows that it is in, divided by
 * the window's size, even where a part of the window is outside of the image (tfjs's rule, in all of its backends).
 */
import { type Value, sizeOf } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import {
  type Windows,
  areTiles,
  channelsFirst,
  channelsFirstShape,
  defineChannelsFirst,
  poolsBlocked,
  spatialPads
} from "./windows.ts"

export const lowerMeanGradient = (
  lowering: Lowering,
  dy: Value,
  output: Value,
  windows: Windows
): void => {
  if (dy.size === 0 || output.size === 0) return lowering.defineUniform(output, 0)
  if (areTiles(windows)) return repeat(lowering, dy, output, windows)
  const reverse = reversePads(windows)
  if (reverse !== undefined) return slide(lowering, dy, output, windows, reverse)
  spread(lowering, dy, output, windows)
}

/** Windows side by side: each pixel is in one, and dy is enlarged. */
const repeat = (lowering: Lowering, dy: Value, output: Value, windows: Windows): void => {
  const { onnx, target } = lowering
  const { after, kernel, out } = windows
  const covers = after.every((length) => length === 0)
  const share = onnx.float(1 / sizeOf(kernel))
  const blocked = target.provider === "cpu" && lowering.blockable(dy) && covers
  if (blocked) {
    lowering.define(output, "blocked", () =>
      lowering.nchwc("Upsample", [onnx.node("Mul", [lowering.blocked(dy), share])], {
        scales: [1, 1, ...kernel],
        mode: "nearest"
      })
    )
    if (lowering.has(dy, "blocked")) return
  }
  const plain = (): string => {
    const [n, c] = channelsFirstShape(dy.shape) as readonly [number, number]
    const shared = onnx.node("Mul", [lowering.plain(dy), share])
    const apart = onnx.reshape(shared, [n, ...out.flatMap((length) => [length, 1]), c])
    const repeats = onnx.ints([n, ...out.flatMap((length, axis) => [length, kernel[axis]!]), c])
    const full = onnx.reshape(onnx.node("Expand", [apart, repeats]), [
      n,
      ...out.map((length, axis) => length * kernel[axis]!),
      c
    ])
    if (covers) return full
    // Rows that no window reached, or that only a window has.
    const pads = [0, ...out.map(() => 0), 0, 0, ...after.map((length) => -length), 0]
    return onnx.node("Pad", [full, onnx.ints(pads)])
  }
  lowering.define(output, "plain", blocked ? plain : plain())
}

interface Pads {
  readonly before: ReadonlyArray<number>
  readonly after: ReadonlyArray<number>
}

/** With stride 1 the windows that a pixel is in are a window of dy: that window's paddings, if a pool takes them. */
const reversePads = ({ before, kernel, out, sizes, strides }: Windows): Pads | undefined => {
  if (strides.some((stride) => stride !== 1)) return undefined
  const first = kernel.map((length, axis) => length - 1 - before[axis]!)
  const last = kernel.map((length, axis) => sizes[axis]! - out[axis]! - first[axis]! + length - 1)
  const fits = [first, last].every((pads) =>
    pads.every((length, axis) => length >= 0 && length < kernel[axis]!)
  )
  return fits ? { before: first, after: last } : undefined
}

const slide = (
  lowering: Lowering,
  dy: Value,
  output: Value,
  { kernel }: Windows,
  { after, before }: Pads
): void => {
  const attributes = { kernel_shape: kernel, pads: [...before, ...after], count_include_pad: 1 }
  if (poolsBlocked(lowering, dy)) {
    const strides = kernel.map(() => 1)
    const name = lowering.nchwc("AveragePool", [lowering.blocked(dy)], { ...attributes, strides })
    return lowering.define(output, "blocked", name)
  }
  const name = lowering.onnx.node("AveragePool", [channelsFirst(lowering, dy)], attributes)
  defineChannelsFirst(lowering, output, name)
}

/** Any windows: a transposed convolution with one filter that is constant, each channel being an image of its own. */
const spread = (
  lowering: Lowering,
  dy: Value,
  output: Value,
  { after, before, kernel, out, strides }: Windows
): void => {
  const { onnx } = lowering
  const [n, c] = channelsFirstShape(dy.shape) as readonly [number, number]
  const size = sizeOf(kernel)
  const filter = onnx.constant("float32", [1, 1, ...kernel], new Float32Array(size).fill(1 / size))
  const images = onnx.reshape(channelsFirst(lowering, dy), [n * c, 1, ...out])
  const whole = onnx.node("ConvTranspose", [images, filter], { kernel_shape: kernel, strides })
  const pads = spatialPads(
    before.map((length) => -length),
    after.map((length) => -length)
  )
  const own = onnx.node("Pad", [whole, onnx.ints(pads)])
  defineChannelsFirst(lowering, output, onnx.reshape(own, channelsFirstShape(output.shape)))
}
