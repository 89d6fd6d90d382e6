/** Parts of images, each resized to one size. */
import { type Value } from "../graph/value.ts"
import { type Lowering } from "../lowering/lowering.ts"
import { type Pixels, pixelsOf } from "../lowering/resize/pixels.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

/**
 * Inputs: image `[N,H,W,C]`, boxes `[B,4]` (y1, x1, y2, x2, where 0 and 1 are the centres of the corner pixels), boxInd `[B]`.
 * Attributes: cropSize, method, and extrapolationValue as text (it may be infinite). Boxes of an image that there is not
 * give zeros, as in tfjs.
 */
const crop: Primitive = {
  name: "Crop",
  inputs: ["image", "boxes", "boxInd"],
  infer: ([image, boxes], { cropSize }) => {
    const [height, width] = cropSize as readonly [number, number]
    return [{ shape: [boxes!.shape[0]!, height, width, image!.shape[3]!], dtype: "float32" }]
  },
  lower: ({ attrs, inputs: [image, boxes, boxInd], outputs: [output] }, lowering) => {
    if (output!.size === 0 || image!.size === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const [n, h, w] = image!.shape as readonly [number, number, number, number]
    const [count, height, width] = output!.shape as readonly [number, number, number, number]
    const pixels = pixelsOf(lowering, image!)
    const { node } = pixels
    const rows = places(lowering, pixels, boxes!, 0, h, height)
    const columns = places(lowering, pixels, boxes!, 1, w, width)
    const y = onnx.reshape(rows, [count, height, 1])
    const x = onnx.reshape(columns, [count, 1, width])
    const item = onnx.cast(onnx.reshape(lowering.plain(boxInd!), [count, 1, 1]), "float64")
    const index = pixels.index(item, n)
    const isBeyond = node("Or", pixels.isBeyond(y, 0, h - 1), pixels.isBeyond(x, 0, w - 1))
    const isOut = onnx.reshape(isBeyond, [count, height, width, 1])
    const values =
      attrs["method"] === "bilinear"
        ? bilinear(lowering, pixels, index, y, x, [h, w])
        : pixels.at(index, pixels.index(pixels.round(y), h), pixels.index(pixels.round(x), w))
    const outside = onnx.float(Number(attrs["extrapolationValue"]))
    const exists = onnx.reshape(pixels.isBetween(item, 0, n - 1), [count, 1, 1, 1])
    const cropped = node("Where", isOut, outside, values)
    lowering.define(output!, "plain", node("Where", exists, cropped, onnx.float(0)))
  }
}

/** Where the rows (or columns) of each crop lie in the image: `[B, to]`. */
const places = (
  lowering: Lowering,
  { node, number }: Pixels,
  boxes: Value,
  axis: 0 | 1,
  from: number,
  to: number
): string => {
  const { onnx } = lowering
  const wide = onnx.cast(lowering.plain(boxes), "float64")
  const begin = onnx.node("Gather", [wide, onnx.ints([axis])], { axis: 1 })
  const end = onnx.node("Gather", [wide, onnx.ints([axis + 2])], { axis: 1 })
  const last = number(from - 1)
  if (to === 1) return node("Mul", node("Mul", number(0.5), node("Add", begin, end)), last)
  const scale = node("Div", node("Mul", node("Sub", end, begin), last), number(to - 1))
  const steps = onnx.constant(
    "float64",
    [1, to],
    Float64Array.from({ length: to }, (_, at) => at)
  )
  return node("Add", node("Mul", begin, last), node("Mul", steps, scale))
}

const bilinear = (
  { onnx }: Lowering,
  pixels: Pixels,
  item: string,
  y: string,
  x: string,
  [h, w]: readonly [number, number]
): string => {
  const { float, index, node } = pixels
  const lines = (place: string, size: number) => {
    const low = node("Floor", place)
    const fraction = float(node("Sub", place, low))
    const weight = onnx.node("Unsqueeze", [fraction, onnx.ints([3])])
    return { low: index(low, size), high: index(node("Ceil", place), size), weight }
  }
  const rows = lines(y, h)
  const columns = lines(x, w)
  const between = (low: string, high: string, weight: string) =>
    node("Add", low, node("Mul", node("Sub", high, low), weight))
  const line = (row: string) =>
    between(pixels.at(item, row, columns.low), pixels.at(item, row, columns.high), columns.weight)
  return between(line(rows.low), line(rows.high), rows.weight)
}

const cropAndResize: Composite = {
  name: "CropAndResize",
  inputs: ["image", "boxes", "boxInd"],
  expand: (recorder, [image, boxes, boxInd], { cropSize, extrapolationValue, method }) => {
    const float =
      image!.dtype === "float32" ? image! : recorder.one("Convert", [image!], { dtype: "float32" })
    return [
      recorder.one("Crop", [float, boxes!, boxInd!], {
        cropSize,
        method,
        extrapolationValue: String(extrapolationValue)
      })
    ]
  }
}

export const imageCropKernels: ReadonlyArray<Kernel> = [crop, cropAndResize]
