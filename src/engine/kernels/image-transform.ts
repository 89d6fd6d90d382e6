/** Projective transformations of images. */
import { type Lowering } from "../lowering/lowering.ts"
import { type Pixels, pixelsOf } from "../lowering/resize/pixels.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

/**
 * Inputs: image `[N,H,W,C]`, transforms `[N or 1, 8]`: pixel (x, y) of the result is pixel
 * ((a0·x + a1·y + a2) / k, (b0·x + b1·y + b2) / k) of the image, k = c0·x + c1·y + 1. Attributes: interpolation, fillMode,
 * outputShape, and fillValue as text (it may be infinite). All images of a batch are transformed; tfjs's cpu backend leaves
 * off after the first.
 */
const transformed: Primitive = {
  name: "Transformed",
  inputs: ["image", "transforms"],
  infer: ([image], { outputShape }) => [
    { shape: image!.shape.toSpliced(1, 2, ...(outputShape as [number, number])), dtype: "float32" }
  ],
  lower: ({ attrs, inputs: [image, transforms], outputs: [output] }, lowering) => {
    const fill = Number(attrs["fillValue"])
    if (output!.size === 0 || image!.size === 0) return lowering.defineUniform(output!, fill)
    const { onnx } = lowering
    const [n, h, w] = image!.shape as readonly [number, number, number, number]
    const [, height, width] = output!.shape as readonly [number, number, number, number]
    const pixels = pixelsOf(lowering, image!)
    const { node, number } = pixels
    const wide = onnx.cast(lowering.plain(transforms!), "float64")
    const numbers = transforms!.shape[0]!
    const coefficient = (at: number) =>
      onnx.reshape(onnx.node("Gather", [wide, onnx.ints([at])], { axis: 1 }), [numbers, 1, 1])
    const steps = (dims: ReadonlyArray<number>) =>
      onnx.constant(
        "float64",
        dims,
        Float64Array.from({ length: Math.max(...dims) }, (_, at) => at)
      )
    const [outX, outY] = [steps([1, 1, width]), steps([1, height, 1])]
    const linear = (first: number, constant: string) =>
      node(
        "Add",
        node(
          "Add",
          node("Mul", coefficient(first), outX),
          node("Mul", coefficient(first + 1), outY)
        ),
        constant
      )
    const projection = linear(6, number(1))
    const mode = attrs["fillMode"] as string
    const place = (first: number, size: number) =>
      wrapped(pixels, node("Div", linear(first, coefficient(first + 2)), projection), size, mode)
    const [x, y] = [place(0, w), place(3, h)]
    const items = onnx.constant(
      "int64",
      [n, 1, 1],
      BigInt64Array.from({ length: n }, (_, at) => BigInt(at))
    )
    const read = (row: string, column: string): string => {
      const inImage = node(
        "And",
        pixels.isBetween(row, 0, h - 1),
        pixels.isBetween(column, 0, w - 1)
      )
      const values = pixels.at(items, pixels.index(row, h), pixels.index(column, w))
      return node("Where", lastAxis(lowering, inImage), values, onnx.float(fill))
    }
    const values =
      attrs["interpolation"] === "bilinear"
        ? bilinear(lowering, pixels, x, y, read)
        : read(pixels.round(y), pixels.round(x))
    // Points at infinity are outside of the image.
    const isFar = lastAxis(lowering, node("Equal", projection, number(0)))
    lowering.define(output!, "plain", node("Where", isFar, onnx.float(fill), values))
  }
}

const lastAxis = ({ onnx }: Lowering, name: string): string =>
  onnx.node("Unsqueeze", [name, onnx.ints([3])])

/** What a place outside of the image stands for, by tfjs's formulas. */
const wrapped = ({ node, number }: Pixels, place: string, size: number, mode: string): string => {
  const clamped = (value: string) => node("Min", node("Max", value, number(0)), number(size - 1))
  if (mode === "nearest") return clamped(place)
  if (mode !== "reflect" && mode !== "wrap") return place
  const isBelow = node("Less", place, number(0))
  const isAbove = node("Greater", place, number(size - 1))
  const choose = (below: string, above: string) =>
    clamped(node("Where", isBelow, below, node("Where", isAbove, above, place)))
  if (size <= 1) return choose(number(0), number(0))
  const truncated = (value: string) =>
    node("Mul", node("Sign", value), node("Floor", node("Abs", value)))
  const turns = (length: number) => truncated(node("Div", place, number(length)))
  if (mode === "wrap") {
    // trunc(-place / length) is -trunc(place / length).
    const below = node(
      "Sub",
      place,
      node("Mul", number(size), node("Sub", turns(size - 1), number(1)))
    )
    const above = node("Sub", place, node("Mul", number(size), turns(size - 1)))
    return choose(below, above)
  }
  const near = node("Sub", place, node("Mul", number(2 * size), turns(2 * size)))
  const below = node(
    "Where",
    node("Less", near, number(-size)),
    node("Add", near, number(2 * size)),
    node("Sub", node("Neg", near), number(1))
  )
  const above = node(
    "Where",
    node("GreaterOrEqual", near, number(size)),
    node("Sub", number(2 * size - 1), near),
    near
  )
  return choose(below, above)
}

const bilinear = (
  lowering: Lowering,
  { float, node, number }: Pixels,
  x: string,
  y: string,
  read: (row: string, column: string) => string
): string => {
  const lines = (place: string) => {
    const low = node("Floor", place)
    const high = node("Add", low, number(1))
    const weight = (value: string) => lastAxis(lowering, float(value))
    return {
      low,
      high,
      ofLow: weight(node("Sub", high, place)),
      ofHigh: weight(node("Sub", place, low))
    }
  }
  const [rows, columns] = [lines(y), lines(x)]
  const mixed = (low: string, high: string, { ofHigh, ofLow }: typeof rows) =>
    node("Add", node("Mul", ofLow, low), node("Mul", ofHigh, high))
  const line = (row: string) => mixed(read(row, columns.low), read(row, columns.high), columns)
  return mixed(line(rows.low), line(rows.high), rows)
}

const transform: Composite = {
  name: "Transform",
  inputs: ["image", "transforms"],
  expand: (recorder, [image, transforms], attrs) => {
    const { fillMode, fillValue, interpolation } = attrs
    if (interpolation !== "nearest" && interpolation !== "bilinear") {
      throw new Error(
        `Error in Transform: Expect 'nearest' or 'bilinear', but got ${String(interpolation)}`
      )
    }
    const converted = (value: typeof image, dtype: "float32" | "int32" | "bool") =>
      value!.dtype === dtype ? value! : recorder.one("Convert", [value!], { dtype })
    const result = recorder.one(
      "Transformed",
      [converted(image, "float32"), converted(transforms, "float32")],
      {
        interpolation,
        fillMode,
        fillValue: String(fillValue),
        outputShape: attrs["outputShape"] ?? image!.shape.slice(1, 3)
      }
    )
    return [converted(result, image!.dtype)]
  }
}

export const imageTransformKernels: ReadonlyArray<Kernel> = [transformed, transform]
