/**
 * From tfjs's terms for a convolution (paddings by name, data formats, rounding) to ours: explicit padding of channels-last
 * images.
 */
import type { backend_util } from "@tensorflow/tfjs"
import { type Recorder } from "../graph/recorder.ts"
import { type Attrs, type Shape, type Value, sameShape } from "../graph/value.ts"
import { type ConvAttrs } from "../lowering/conv/geometry.ts"
import { tfjs } from "../tfjs.ts"

export interface Plan {
  readonly attrs: ConvAttrs
  /** Rows and columns of the result. */
  readonly out: readonly [rows: number, columns: number]
  /**
   * Rows and columns at the end of the image that no window may see. With a number as padding tfjs counts columns as if
   * window and stride were those of the rows, so there may be room for more windows than it makes.
   */
  readonly surplus: readonly [rows: number, columns: number]
}

/**
 * @param x the shape of the image `[N,H,W,C]`
 * @param filter tfjs's `[kh,kw,I,O]`, or when depthwise `[kh,kw,C,multiplier]`
 * @param dy the gradient `[N,OH,OW,O]`, if it is at hand: there are no more windows than it has; as in tfjs, it may have
 *   more rows and columns than the convolution's result, which do not count
 * @throws Error when the paddings or strides are not as tfjs wants them, or the window is larger than the image
 */
export const planOf = (
  x: Shape,
  filter: Shape,
  attrs: Attrs,
  depthwise: boolean,
  dy?: Value
): Plan => {
  const info = infoOf(x, filter, attrs, depthwise)
  const { dilationHeight, dilationWidth, padInfo, strideHeight, strideWidth } = info
  const [rows, columns] = [
    Math.min(info.outHeight, dy?.shape[1] ?? Infinity),
    Math.min(info.outWidth, dy?.shape[2] ?? Infinity)
  ]
  if (rows < 0 || columns < 0) {
    throw new Error(
      `a convolution of [${x.join()}] with a filter [${filter.join()}]: the window is larger than the padded image`
    )
  }
  const end = (out: number, stride: number, window: number, size: number, before: number) =>
    (out - 1) * stride + window - size - before
  const bottom = end(rows, strideHeight, info.effectiveFilterHeight, info.inHeight, padInfo.top)
  const right = end(columns, strideWidth, info.effectiveFilterWidth, info.inWidth, padInfo.left)
  return {
    attrs: {
      strides: [strideHeight, strideWidth],
      dilations: [dilationHeight, dilationWidth],
      pads: [padInfo.top, padInfo.left, Math.max(0, bottom), Math.max(0, right)],
      groups: depthwise ? info.inChannels : info.inChannels / filter[2]!
    },
    out: [rows, columns],
    surplus: [bottom <= -strideHeight ? -bottom : 0, right <= -strideWidth ? -right : 0]
  }
}

const infoOf = (
  x: Shape,
  filter: Shape,
  attrs: Attrs,
  depthwise: boolean
): backend_util.Conv2DInfo =>
  tfjs().backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    attrs["strides"] as number,
    (attrs["dilations"] ?? 1) as number,
    lastPads(attrs) as number,
    attrs["dimRoundingMode"] as "floor",
    depthwise
  )

const isPlanar = (attrs: Attrs): boolean => attrs["dataFormat"] === "NCHW"

/** Explicit paddings come in the order of the axes. */
const lastPads = (attrs: Attrs): unknown => {
  const { pad } = attrs
  return Array.isArray(pad) && isPlanar(attrs) ? [pad[0], pad[2], pad[3], pad[1]] : pad
}

export const toLast = (recorder: Recorder, value: Value, attrs: Attrs): Value =>
  isPlanar(attrs) ? recorder.one("Transpose", [value], { perm: [0, 2, 3, 1] }) : value

export const fromLast = (recorder: Recorder, value: Value, attrs: Attrs): Value =>
  isPlanar(attrs) ? recorder.one("Transpose", [value], { perm: [0, 3, 1, 2] }) : value

export const lastShape = (shape: Shape, attrs: Attrs): Shape =>
  isPlanar(attrs) ? [shape[0]!, shape[2]!, shape[3]!, shape[1]!] : shape

/** The shape of an image without its surplus. */
export const cutShape = (shape: Shape, { surplus: [rows, columns] }: Plan): Shape =>
  shape.with(1, shape[1]! - rows).with(2, shape[2]! - columns)

const upTo = (recorder: Recorder, x: Value, size: Shape): Value =>
  sameShape(size, x.shape) ? x : recorder.one("Slice", [x], { begin: [0, 0, 0, 0], size })

export const cut = (recorder: Recorder, x: Value, plan: Plan): Value =>
  upTo(recorder, x, cutShape(x.shape, plan))

/** The part of dy that counts. */
export const cutGradient = (recorder: Recorder, dy: Value, { out }: Plan): Value =>
  upTo(recorder, dy, dy.shape.toSpliced(1, 2, ...out))

/** The gradient of `cut`. */
export const uncut = (recorder: Recorder, dx: Value, { surplus }: Plan): Value => {
  const [rows, columns] = surplus
  if (rows === 0 && columns === 0) return dx
  const paddings = [
    [0, 0],
    [0, rows],
    [0, columns],
    [0, 0]
  ]
  return recorder.one("Pad", [dx, recorder.constant(0)], { paddings })
}
