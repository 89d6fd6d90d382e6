/** Images mirrored and turned: pixels move to places that are known beforehand. */
import { type Shape, type Value } from "../graph/value.ts"
import { tfjs } from "../tfjs.ts"
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"

const flipLeftRight: Primitive = {
  name: "FlipLeftRight",
  inputs: ["image"],
  infer: ([image]) => [{ shape: image!.shape, dtype: image!.dtype }],
  lower: ({ inputs: [image], outputs: [output] }, lowering) => {
    if (image!.size === 0) return lowering.defineUniform(output!, 0)
    const width = image!.shape[2]!
    const backwards = lowering.onnx.ints(Array.from({ length: width }, (_, at) => width - 1 - at))
    const flipped = lowering.onnx.node("Gather", [lowering.plain(image!), backwards], { axis: 2 })
    lowering.define(output!, "plain", flipped)
  }
}

/** Inputs: image. Attributes: `radians`, `center`, and `fill`, one number as text or one for each channel. */
const rotated: Primitive = {
  name: "Rotated",
  inputs: ["image"],
  infer: ([image]) => [{ shape: image!.shape, dtype: image!.dtype }],
  lower: ({ attrs, inputs: [image], outputs: [output] }, lowering) => {
    if (image!.size === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const { center, fill, radians } = attrs as unknown as RotationAttrs
    const [n, h, w, c] = image!.shape as readonly [number, number, number, number]
    const sources = rotatedPixels(image!.shape, radians, center)
    const flat = onnx.reshape(lowering.plain(image!), [n, h * w, c])
    const indices = onnx.ints(sources.map((source) => source ?? 0))
    const moved = onnx.node("Gather", [flat, indices], { axis: 1 })
    const isIn = onnx.constant(
      "bool",
      [h * w, 1],
      Uint8Array.from(sources, (source) => (source === undefined ? 0 : 1))
    )
    const numbers = Float32Array.from(fill, Number)
    const outside = onnx.constant("float32", [numbers.length], numbers)
    const whole = onnx.node("Where", [isIn, moved, outside])
    lowering.define(output!, "plain", onnx.reshape(whole, image!.shape))
  }
}

interface RotationAttrs {
  readonly radians: number
  readonly center: number | [number, number]
  readonly fill: ReadonlyArray<string>
}

const opaque = 255

/**
 * The image turned by the attribute `radians` around `center` (fractions of width and height, or one for both), the nearest
 * pixel each; outside of it `fillValue`, a number or one for each of the first channels, where the fourth is opaque.
 */
const rotateWithOffset: Composite = {
  name: "RotateWithOffset",
  inputs: ["image"],
  expand: (recorder, [image], { center, fillValue, radians }) => {
    const fill =
      typeof fillValue === "number"
        ? [fillValue]
        : Array.from({ length: image!.shape[3]! }, (_, channel) =>
            channel === 3 ? opaque : ((fillValue as ReadonlyArray<number>)[channel] ?? NaN)
          )
    const converted = (value: Value, dtype: Value["dtype"]) =>
      value.dtype === dtype ? value : recorder.one("Convert", [value], { dtype })
    const turned = recorder.one("Rotated", [converted(image!, "float32")], {
      radians,
      center,
      // As text, because it may be infinite.
      fill: fill.map(String)
    })
    return [converted(turned, image!.dtype)]
  }
}

/** For each pixel of the result the index of the pixel that it shows, undefined where that is outside of the image. */
const rotatedPixels = (
  [, h, w]: Shape,
  radians: number,
  center: number | [number, number]
): ReadonlyArray<number | undefined> => {
  const [centerX, centerY] = tfjs().backend_util.getImageCenter(center, h!, w!)
  const [sine, cosine] = [Math.sin(radians), Math.cos(radians)]
  return Array.from({ length: h! * w! }, (_, pixel) => {
    const [x, y] = [(pixel % w!) - centerX, Math.floor(pixel / w!) - centerY]
    const column = Math.round(x * cosine - y * sine + centerX)
    const row = Math.round(x * sine + y * cosine + centerY)
    return column >= 0 && column < w! && row >= 0 && row < h! ? row * w! + column : undefined
  })
}

export const imageTurnKernels: ReadonlyArray<Kernel> = [flipLeftRight, rotated, rotateWithOffset]
