/** Convolutions of volumes `[N,D,H,W,I]` with filters `[kd,kh,kw,I,O]`, by ONNX's own operators, channels first. */
import { type Attrs, type Shape, type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { spreadConvTranspose } from "./spread-conv.ts"

/** One number for each of the axes D, H, W. */
type Triple = readonly [depth: number, height: number, width: number]

export interface VolumeAttrs extends Attrs {
  readonly strides: Triple
  readonly dilations: Triple
  /** Zeros before and behind the volume; negative where windows begin or end within it. */
  readonly before: Triple
  readonly after: Triple
}

const channelsFirst = { volume: [0, 4, 1, 2, 3], filter: [4, 3, 0, 1, 2] } as const
const channelsLast = [0, 2, 3, 4, 1]

/** The zeros to add. */
const zerosOf = ({ after, before }: VolumeAttrs): ReadonlyArray<number> =>
  [...before, ...after].map((length) => Math.max(0, length))

/** ONNX's pads of a channels-first volume that put back what windows leave out, or with -1 take it away. */
const rest = ({ after, before }: VolumeAttrs, sign: 1 | -1): ReadonlyArray<number> | undefined => {
  const left = (lengths: Triple) => lengths.map((length) => sign * Math.max(0, -length))
  const pads = [0, 0, ...left(before), 0, 0, ...left(after)]
  return pads.every((length) => length === 0) ? undefined : pads
}

/** A tensor padded, or not. */
const padded = ({ onnx }: Lowering, name: string, pads: ReadonlyArray<number> | undefined) =>
  pads === undefined ? name : onnx.node("Pad", [name, onnx.ints(pads)])

export const lowerVolumeConv = (
  lowering: Lowering,
  x: Value,
  filter: Value,
  output: Value,
  attrs: VolumeAttrs
): void => {
  if (output.size === 0 || x.size === 0) return lowering.defineUniform(output, 0)
  const { onnx } = lowering
  const { dilations, strides } = attrs
  const whole = onnx.transpose(lowering.plain(x), channelsFirst.volume)
  const volume = padded(lowering, whole, rest(attrs, -1))
  const filters = onnx.transpose(lowering.plain(filter), channelsFirst.filter)
  const result = onnx.node("Conv", [volume, filters], {
    kernel_shape: filter.shape.slice(0, 3),
    strides,
    dilations,
    pads: zerosOf(attrs)
  })
  lowering.define(output, "plain", onnx.transpose(result, channelsLast))
}

/** Of stride s: dy spread out by s, convolved with the filter backwards. */
export const lowerVolumeInputGradient = (
  lowering: Lowering,
  dy: Value,
  filter: Value,
  output: Value,
  attrs: VolumeAttrs
): void => {
  if (output.size === 0 || dy.size === 0) return lowering.defineUniform(output, 0)
  const { onnx } = lowering
  const { dilations, strides } = attrs
  const slopes = onnx.transpose(lowering.plain(dy), channelsFirst.volume)
  const filters = onnx.transpose(lowering.plain(filter), channelsFirst.filter)
  const pads = zerosOf(attrs)
  const [n, d, h, w, o] = dy.shape as readonly [number, number, number, number, number]
  const kernel = filter.shape.slice(0, 3)
  const result =
    lowering.target.provider === "webgpu"
      ? spreadConvTranspose(
          lowering,
          { name: slopes, dims: [n, o, d, h, w] },
          { name: filters, dims: [o, filter.shape[3]!, ...kernel] },
          { strides, dilations, pads }
        )
      : onnx.node("ConvTranspose", [slopes, filters], {
          kernel_shape: kernel,
          strides,
          dilations,
          pads
        })
  const whole = padded(lowering, result, rest(attrs, 1))
  lowering.define(output, "plain", onnx.transpose(whole, channelsLast))
}

/** The batch and the channels change places, stride and dilation too. */
export const lowerVolumeFilterGradient = (
  lowering: Lowering,
  x: Value,
  dy: Value,
  output: Value,
  attrs: VolumeAttrs
): void => {
  if (output.size === 0 || x.size === 0 || dy.size === 0) return lowering.defineUniform(output, 0)
  const { onnx } = lowering
  const { dilations, strides } = attrs
  const whole = onnx.transpose(lowering.plain(x), [4, 0, 1, 2, 3])
  const volume = padded(lowering, whole, rest(attrs, -1))
  const slopes = onnx.transpose(lowering.plain(dy), [4, 0, 1, 2, 3])
  const taps = onnx.node("Conv", [volume, slopes], {
    kernel_shape: dy.shape.slice(1, 4),
    strides: dilations,
    dilations: strides,
    pads: zerosOf(attrs)
  })
  // [I, O, kd, kh, kw] to [kd, kh, kw, I, O].
  lowering.define(output, "plain", onnx.transpose(taps, [2, 3, 4, 0, 1]))
}

/** Shape of the result of a convolution of x with a filter. */
export const volumeShape = (x: Shape, filter: Shape, attrs: VolumeAttrs): Shape => [
  x[0]!,
  ...[0, 1, 2].map(
    (axis) =>
      Math.floor(
        (x[axis + 1]! +
          attrs.before[axis]! +
          attrs.after[axis]! -
          (filter[axis]! - 1) * attrs.dilations[axis]! -
          1) /
          attrs.strides[axis]!
      ) + 1
  ),
  filter[4]!
]
