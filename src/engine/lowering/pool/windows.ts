/** Windows that slide over an image: what pooling knows of its shapes. Works in any number of spatial axes. */
import { type Attrs, type Shape, type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"

/** The attributes of our pooling kernels: what is left of tfjs's once shapes are known. One number for each spatial axis. */
export interface PoolAttrs extends Attrs {
  readonly kernel: ReadonlyArray<number>
  readonly strides: ReadonlyArray<number>
  /** Pixels that the first window begins before the image. */
  readonly before: ReadonlyArray<number>
  /** How many windows. */
  readonly out: ReadonlyArray<number>
}

export interface Windows extends PoolAttrs {
  /** Of the image, without batch and channels. */
  readonly sizes: ReadonlyArray<number>
  /** Pixels that the last window ends behind the image; negative when it ends within. */
  readonly after: ReadonlyArray<number>
}

/** @param x the shape of the image, `[N, …sizes, C]` */
export const windowsOf = (x: Shape, { before, kernel, out, strides }: PoolAttrs): Windows => {
  const sizes = x.slice(1, -1)
  const after = sizes.map(
    (size, axis) => (out[axis]! - 1) * strides[axis]! + kernel[axis]! - size - before[axis]!
  )
  return { kernel, strides, before, out, sizes, after }
}

/**
 * Whether ONNX's operators take the paddings as they are and make just these windows: each has a pixel of the image, and
 * there is no room for another one. (With a number as padding tfjs counts columns as if their window and stride were
 * those of the rows.)
 */
export const isRegular = ({ after, before, kernel, strides }: Windows): boolean =>
  kernel.every(
    (length, axis) =>
      before[axis]! >= 0 &&
      before[axis]! < length &&
      after[axis]! < length &&
      after[axis]! > -strides[axis]!
  )

/** Whether the windows lie side by side, beginning in the image's corner. One alone does, whatever its stride. */
export const areTiles = ({ before, kernel, out, strides }: Windows): boolean =>
  kernel.every(
    (length, axis) => before[axis] === 0 && (strides[axis] === length || out[axis] === 1)
  )

/** Whether there is one window, the image. */
export const isOneWindow = ({ before, kernel, out, sizes }: Windows): boolean =>
  sizes.every((size, axis) => out[axis] === 1 && before[axis] === 0 && kernel[axis] === size)

/** ONNX's attributes of a pool of regular windows. */
export const poolAttributes = ({ after, before, kernel, strides }: Windows) => ({
  kernel_shape: kernel,
  strides,
  pads: [...before, ...after.map((length) => Math.max(0, length))]
})

/** ONNX's `pads` input for a channels-first tensor. */
export const spatialPads = (
  before: ReadonlyArray<number>,
  after: ReadonlyArray<number>
): ReadonlyArray<number> => [0, 0, ...before, 0, 0, ...after]

/** A tensor as ONNX's image operators have it, `[N, C, …sizes]`. */
export const channelsFirst = (lowering: Lowering, value: Value): string => {
  const rank = value.shape.length
  if (rank === 4) return lowering.nchw(value)
  const spatial = Array.from({ length: rank - 2 }, (_, axis) => axis + 1)
  return lowering.onnx.transpose(lowering.plain(value), [0, rank - 1, ...spatial])
}

/** Says that `value` exists under this name, channels first. */
export const defineChannelsFirst = (lowering: Lowering, value: Value, name: string): void => {
  const rank = value.shape.length
  if (rank === 4) return lowering.define(value, "nchw", name)
  const spatial = Array.from({ length: rank - 2 }, (_, axis) => axis + 2)
  lowering.define(value, "plain", lowering.onnx.transpose(name, [0, ...spatial, 1]))
}

/** The shape of a tensor `[N, …sizes, C]` with its channels first. */
export const channelsFirstShape = (shape: Shape): Shape => [
  shape[0]!,
  shape.at(-1)!,
  ...shape.slice(1, -1)
]

/**
 * Whether a pool of this value is done by the CPU's blocked operators: also when the form must be made, which costs no more
 * than moving channels first.
 */
export const poolsBlocked = (lowering: Lowering, value: Value): boolean =>
  lowering.target.provider === "cpu" &&
  lowering.blockable(value) &&
  (lowering.has(value, "blocked") || !lowering.has(value, "nchw"))
