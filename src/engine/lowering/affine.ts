/** `x·scale + shift + sum` in one pass: a depthwise 1x1 convolution of the blocked layout. */
import { type Value, sameShape, sizeOf } from "../graph/value.ts"
import { nchwcConv } from "./conv/blocked-conv.ts"
import { type Lowering } from "./lowering.ts"

export interface AffineParts {
  readonly scale?: Value
  readonly shift?: Value
  readonly sum?: Value
}

/** How many coefficients: one, one a channel, or one for each channel of each image. */
export type Extent = "scalar" | "channel" | "image"

/** The extent of coefficients for x `[N,H,W,C]`, or undefined when they are of another shape. */
export const extentOf = (
  coefficients: { readonly shape: ReadonlyArray<number> },
  x: { readonly shape: ReadonlyArray<number> }
): Extent | undefined => {
  const { shape } = coefficients
  const [n, h = 0, w = 0, c] = x.shape
  if (x.shape.length !== 4 || h * w <= 1 || shape.length > 4) return undefined
  const size = sizeOf(shape)
  if (size === 1) return "scalar"
  if (shape.at(-1) !== c) return undefined
  if (size === c) return "channel"
  return sameShape(shape, [n!, 1, 1, c!]) ? "image" : undefined
}

export const lowerAffine = (
  lowering: Lowering,
  x: Value,
  output: Value,
  { scale, shift, sum }: AffineParts
): void => {
  const { onnx } = lowering
  const blocked =
    lowering.blockable(x) &&
    (lowering.has(x, "blocked") || (sum !== undefined && lowering.has(sum, "blocked")))
  if (!blocked) {
    const form = lowering.has(x, "plain") || !lowering.has(x, "nchw") ? "plain" : "nchw"
    let name = lowering.get(x, form)
    const coefficients = (value: Value): string => {
      const padded = [...Array<number>(4 - value.shape.length).fill(1), ...value.shape]
      const named = onnx.reshape(lowering.plain(value), padded)
      return form === "plain" ? named : onnx.transpose(named, [0, 3, 1, 2])
    }
    if (scale !== undefined) name = onnx.node("Mul", [name, coefficients(scale)])
    if (shift !== undefined) name = onnx.node("Add", [name, coefficients(shift)])
    if (sum !== undefined) name = onnx.node("Add", [name, lowering.get(sum, form)])
    lowering.define(output, form, name)
    return
  }
  const [n, h, w, c] = x.shape as readonly [number, number, number, number]
  const perImage = [scale, shift].some(
    (part) => part !== undefined && extentOf(part, x) === "image"
  )
  // With coefficients for each image, an image's channels count as channels of their own.
  const channels = perImage ? n * c : c
  const view = (name: string) => (perImage ? onnx.reshape(name, [1, channels, h, w]) : name)
  const vector = (part: Value): string => {
    const number = lowering.uniform(part)
    if (number !== undefined) {
      return onnx.constant("float32", [channels], new Float32Array(channels).fill(number))
    }
    const name = lowering.plain(part)
    if (part.size === channels) return onnx.reshape(name, [channels])
    const row = onnx.reshape(name, [1, part.size])
    return onnx.reshape(onnx.node("Expand", [row, onnx.ints([perImage ? n : 1, c])]), [channels])
  }
  const ones = () => onnx.constant("float32", [channels], new Float32Array(channels).fill(1))
  const filter = onnx.reshape(scale === undefined ? ones() : vector(scale), [channels, 1, 1, 1])
  const extras = { bias: shift && vector(shift), sum: sum && view(lowering.blocked(sum)) }
  const attributes = { group: channels, kernel_shape: [1, 1] }
  const result = nchwcConv(lowering, [view(lowering.blocked(x)), filter], extras, attributes)
  lowering.define(output, "blocked", perImage ? onnx.reshape(result, [n, c, h, w]) : result)
}
