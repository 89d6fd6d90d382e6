/** Where in each window the largest element is, and the gradient that goes there. */
import { type Value, sizeOf } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { unrolledArgmax, unrolledMaxGradient } from "./unrolled-max.ts"
import { lowestFloat, withoutNaN } from "./without-nan.ts"
import {
  type Windows,
  isRegular,
  channelsFirst,
  channelsFirstShape,
  defineChannelsFirst,
  poolAttributes,
  spatialPads
} from "./windows.ts"

/** The maxima and their places in the flat `[N, C, …plane]` tensor that was searched, each of the output's shape. */
interface Maxima {
  readonly values: string
  readonly places: string
  /** What was searched: the image, or the image in a frame when the windows are not regular. */
  readonly plane: ReadonlyArray<number>
  readonly framed: boolean
}

/** @param image channels first, without NaN. Of several equal maxima the first counts. */
const maximaOf = ({ onnx }: Lowering, image: string, windows: Windows): Maxima => {
  if (isRegular(windows)) {
    const [values, places] = onnx.nodeWithOutputs(2, "MaxPool", [image], poolAttributes(windows))
    return { values: values!, places: places!, plane: windows.sizes, framed: false }
  }
  const { after, before, kernel, sizes, strides } = windows
  const pads = onnx.ints(spatialPads(before, after))
  const padded = onnx.node("Pad", [image, pads, onnx.float(-Infinity)])
  const [values, places] = onnx.nodeWithOutputs(2, "MaxPool", [padded], {
    kernel_shape: kernel,
    strides
  })
  const plane = sizes.map((size, axis) => size + before[axis]! + after[axis]!)
  return { values: values!, places: places!, plane, framed: true }
}

/**
 * Defines `output`, int32, as the place of each window's first maximum: `(row·W + column)·C + channel`, counted within the
 * item or, with `wholeBatch`, from the start of x; -1 where a window has no number above -infinity.
 */
export const lowerArgmax = (
  lowering: Lowering,
  x: Value,
  output: Value,
  windows: Windows,
  wholeBatch: boolean
): void => {
  if (output.size === 0) return lowering.defineUniform(output, 0)
  if (lowering.target.provider === "webgpu") {
    return unrolledArgmax(lowering, x, output, windows, wholeBatch)
  }
  const { onnx } = lowering
  const [n, h, w, c] = x.shape as readonly [number, number, number, number]
  const image = withoutNaN(lowering, channelsFirst(lowering, x))
  const { framed, places, plane, values } = maximaOf(lowering, image, windows)
  const int = (value: number) => onnx.constant("int64", [], BigInt64Array.of(BigInt(value)))
  const count = (length: number, step: number, dims: ReadonlyArray<number>) =>
    onnx.constant(
      "int64",
      dims,
      BigInt64Array.from({ length }, (_, index) => BigInt(index * step))
    )
  let pixel = onnx.node("Mod", [places, int(sizeOf(plane))])
  if (framed) {
    const row = onnx.node("Sub", [
      onnx.node("Div", [pixel, int(plane[1]!)]),
      int(windows.before[0]!)
    ])
    const column = onnx.node("Sub", [
      onnx.node("Mod", [pixel, int(plane[1]!)]),
      int(windows.before[1]!)
    ])
    pixel = onnx.node("Add", [onnx.node("Mul", [row, int(w)]), column])
  }
  let place = onnx.node("Add", [onnx.node("Mul", [pixel, int(c)]), count(c, 1, [1, c, 1, 1])])
  if (wholeBatch) place = onnx.node("Add", [place, count(n, h * w * c, [n, 1, 1, 1])])
  const isNumber = onnx.node("Greater", [values, onnx.float(lowestFloat)])
  const named = onnx.node("Where", [isNumber, onnx.cast(place, "int32"), onnx.int32(-1)])
  defineChannelsFirst(lowering, output, named)
}

/**
 * Defines `output` as the gradient of x: each window's dy goes to its maximum. Of several equal maxima the first gets it
 * all, or with `last` the last.
 */
export const lowerMaxGradient = (
  lowering: Lowering,
  dy: Value,
  x: Value,
  output: Value,
  windows: Windows,
  last: boolean
): void => {
  if (dy.size === 0) return lowering.defineUniform(output, 0)
  if (lowering.target.provider === "webgpu") {
    return unrolledMaxGradient(lowering, dy, x, output, windows, last)
  }
  const { onnx } = lowering
  const [n, c] = channelsFirstShape(x.shape) as readonly [number, number]
  const turned = (name: string) => (last ? reversed(lowering, name, windows.sizes.length) : name)
  const image = turned(withoutNaN(lowering, channelsFirst(lowering, x)))
  const seen = last ? fromBehind(windows) : windows
  const { framed, places, plane, values } = maximaOf(lowering, image, seen)
  const slopes = turned(channelsFirst(lowering, dy))
  // tfjs's search for the first maximum begins at -infinity and only takes what is larger.
  const own = last
    ? slopes
    : onnx.node("Where", [
        onnx.node("Greater", [values, onnx.float(lowestFloat)]),
        slopes,
        onnx.float(0)
      ])
  const elements = n * c * sizeOf(plane)
  const zeros = onnx.node("Expand", [onnx.float(0), onnx.ints([elements])])
  const flat = onnx.node(
    "ScatterElements",
    [zeros, onnx.reshape(places, [dy.size]), onnx.reshape(own, [dy.size])],
    { axis: 0, reduction: "add" }
  )
  const gradient = onnx.reshape(flat, [n, c, ...plane])
  const { after, before } = seen
  const frame = spatialPads(
    before.map((length) => -length),
    after.map((length) => -length)
  )
  const bare = framed ? onnx.node("Pad", [gradient, onnx.ints(frame)]) : gradient
  defineChannelsFirst(lowering, output, turned(bare))
}

/** All spatial axes backwards. */
const reversed = ({ onnx }: Lowering, name: string, axes: number): string => {
  const all = (value: number) => onnx.ints(Array<number>(axes).fill(value))
  const which = onnx.ints(Array.from({ length: axes }, (_, axis) => axis + 2))
  return onnx.node("Slice", [name, all(-1), all(-(2 ** 31)), which, all(-1)])
}

/**
 * The same windows on the reversed image. Where the last window ends within the image, the frame is cut there: ONNX's pools
 * count from the beginning.
 */
const fromBehind = (windows: Windows): Windows => ({
  ...windows,
  before: windows.after,
  after: windows.before
})
