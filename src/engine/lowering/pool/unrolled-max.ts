/**
 * Where the maxima of windows are, for WebGPU, whose MaxPool (ONNX Runtime 1.30) gives no places: the windows are unrolled by a
 * table of pixels, `[images and channels, windows, pixels of a window]`.
 */
import { type Value, sizeOf } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { lowestFloat, withoutNaN } from "./without-nan.ts"
import { type Windows, channelsFirst, channelsFirstShape, defineChannelsFirst } from "./windows.ts"

/** As `lowerMaxGradient`. */
export const unrolledMaxGradient = (
  lowering: Lowering,
  dy: Value,
  x: Value,
  output: Value,
  windows: Windows,
  last: boolean
): void => {
  const { onnx } = lowering
  const { chosen, isNumber, planes, taps, total } = unrolled(lowering, x, windows, last)
  const slopes = onnx.reshape(channelsFirst(lowering, dy), [planes, total, 1])
  const given = onnx.node("Mul", [chosen, slopes])
  // tfjs's search for the first maximum begins at -infinity and only takes what is larger.
  const own = last ? given : onnx.node("Where", [isNumber, given, onnx.float(0)])
  // Each pixel adds up what it gets from the windows that it is in; the place behind all holds the zero of missing ones.
  const contributions = withLast(lowering, onnx.reshape(own, [planes, total * taps]), planes, 0)
  const windowsOfPixels = inverse(pixelsOf(windows), sizeOf(windows.sizes))
  const most = windowsOfPixels.reduce((longest, { length }) => Math.max(longest, length), 0)
  const table = new Int32Array(windowsOfPixels.length * most).fill(total * taps)
  for (const [pixel, places] of windowsOfPixels.entries()) table.set(places, pixel * most)
  const gathered = onnx.node("Gather", [contributions, indices(lowering, table)], { axis: 1 })
  const perPixel = onnx.reshape(gathered, [planes, sizeOf(windows.sizes), most])
  const sums = onnx.node("ReduceSum", [perPixel, onnx.ints([2])], { keepdims: 0 })
  defineChannelsFirst(lowering, output, onnx.reshape(sums, channelsFirstShape(x.shape)))
}

/** As `lowerArgmax`. */
export const unrolledArgmax = (
  lowering: Lowering,
  x: Value,
  output: Value,
  windows: Windows,
  wholeBatch: boolean
): void => {
  const { onnx } = lowering
  const [n, h, w, c] = x.shape as readonly [number, number, number, number]
  const { chosen, isNumber, planes, taps, total } = unrolled(lowering, x, windows, false)
  const pixels = Int32Array.from(pixelsOf(windows), (pixel) => pixel * c)
  const table = onnx.constant("int32", [1, total, taps], pixels)
  const places = onnx.node("Mul", [onnx.cast(chosen, "int32"), table])
  const place = onnx.node("ReduceSum", [places, onnx.ints([2])], { keepdims: 1 })
  // Where the plane of an image's channel begins.
  const begins = Int32Array.from({ length: planes }, (_, plane) => {
    const channel = plane % c
    return wholeBatch ? channel + ((plane - channel) / c) * h * w * c : channel
  })
  const whole = onnx.node("Add", [place, onnx.constant("int32", [planes, 1, 1], begins)])
  const named = onnx.node("Where", [isNumber, whole, onnx.int32(-1)])
  defineChannelsFirst(lowering, output, onnx.reshape(named, [n, c, ...windows.out]))
}

interface Unrolled {
  /** `[planes, total, taps]`: 1 at the maximum of each window, at the first or the last of equal ones; else 0. */
  readonly chosen: string
  /** bool `[planes, total, 1]`: whether a window has a number above -infinity. */
  readonly isNumber: string
  /** Images times channels. */
  readonly planes: number
  /** Windows. */
  readonly total: number
  /** Pixels of a window. */
  readonly taps: number
}

const unrolled = (lowering: Lowering, x: Value, windows: Windows, last: boolean): Unrolled => {
  const { onnx } = lowering
  const planes = x.shape[0]! * x.shape.at(-1)!
  const [total, taps] = [sizeOf(windows.out), sizeOf(windows.kernel)]
  const image = withoutNaN(lowering, channelsFirst(lowering, x))
  const flat = onnx.reshape(image, [planes, sizeOf(windows.sizes)])
  const framed = withLast(lowering, flat, planes, -Infinity)
  const table = indices(lowering, pixelsOf(windows))
  const seen = onnx.reshape(onnx.node("Gather", [framed, table], { axis: 1 }), [
    planes,
    total,
    taps
  ])
  const maxima = onnx.node("ReduceMax", [seen, onnx.ints([2])], { keepdims: 1 })
  const isMaximum = onnx.cast(onnx.node("Equal", [seen, maxima]), "float32")
  const before = onnx.node(
    "CumSum",
    [isMaximum, onnx.constant("int64", [], BigInt64Array.of(2n))],
    {
      exclusive: 1,
      reverse: last ? 1 : 0
    }
  )
  const isFirst = onnx.cast(onnx.node("Equal", [before, onnx.float(0)]), "float32")
  return {
    chosen: onnx.node("Mul", [isMaximum, isFirst]),
    isNumber: onnx.node("Greater", [maxima, onnx.float(lowestFloat)]),
    planes,
    total,
    taps
  }
}

/** A matrix with one more column. */
const withLast = ({ onnx }: Lowering, name: string, rows: number, value: number): string =>
  onnx.node("Concat", [name, onnx.node("Expand", [onnx.float(value), onnx.ints([rows, 1])])], {
    axis: 1
  })

const indices = ({ onnx }: Lowering, places: ArrayLike<number>): string =>
  onnx.constant("int32", [places.length], Int32Array.from(places))

/** For each window and each place in it the pixel that is there, or the number of pixels where there is none. */
const pixelsOf = ({ before, kernel, out, sizes, strides }: Windows): ReadonlyArray<number> => {
  const outside = sizeOf(sizes)
  return positionsIn(out).flatMap((window) =>
    positionsIn(kernel).map((tap) => {
      let pixel = 0
      for (const [axis, size] of sizes.entries()) {
        const at = window[axis]! * strides[axis]! - before[axis]! + tap[axis]!
        if (at < 0 || at >= size) return outside
        pixel = pixel * size + at
      }
      return pixel
    })
  )
}

/** All positions in a box, row-major. */
const positionsIn = (box: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  box.reduce<ReadonlyArray<ReadonlyArray<number>>>(
    (starts, length) =>
      starts.flatMap((start) => Array.from({ length }, (_, at) => [...start, at])),
    [[]]
  )

/** For each pixel the places of the table at which it stands. */
const inverse = (
  table: ReadonlyArray<number>,
  pixels: number
): ReadonlyArray<ReadonlyArray<number>> => {
  const places = Array.from({ length: pixels }, (): Array<number> => [])
  for (const [place, pixel] of table.entries()) places[pixel]?.push(place)
  return places
}
