/** A transposed convolution of volumes as a convolution, for WebGPU, whose own (ONNX Runtime 1.30) knows images only. */
import { type Lowering } from "../lowering.ts"
import { type Shaped } from "./onnx-conv.ts"

interface SpreadOptions {
  readonly strides: ReadonlyArray<number>
  readonly dilations: ReadonlyArray<number>
  /** Taken away from the result: in front along each axis, then behind. */
  readonly pads: ReadonlyArray<number>
}

/**
 * ConvTranspose: the image spread out by the strides, zeros between its elements, and convolved with the filter backwards.
 *
 * @param image `[N, O, …sizes]`
 * @param filter of the convolution whose transpose it is, `[O, I, …kernel]`
 */
export const spreadConvTranspose = (
  lowering: Lowering,
  image: Shaped,
  filter: Shaped,
  { dilations, pads, strides }: SpreadOptions
): string => {
  const { onnx } = lowering
  const kernel = filter.dims.slice(2)
  const axes = kernel.map((_, axis) => axis + 2)
  const { dims, name } = strides.reduce(
    (spread, stride, axis) => withZerosBetween(lowering, spread, axis + 2, stride),
    image
  )
  const exchanged = onnx.transpose(filter.name, [1, 0, ...axes])
  const backwards = onnx.node("Slice", [
    exchanged,
    onnx.ints(axes.map(() => -1)),
    onnx.ints(axes.map(() => -(2 ** 31))),
    onnx.ints(axes),
    onnx.ints(axes.map(() => -1))
  ])
  const reach = kernel.map((length, axis) => (length - 1) * dilations[axis]!)
  const full = onnx.node("Conv", [name, backwards], {
    kernel_shape: kernel,
    dilations,
    pads: [...reach, ...reach]
  })
  if (pads.every((count) => count === 0)) return full
  const ends = axes.map((axis, at) => dims[axis]! + reach[at]! - pads[at + axes.length]!)
  return onnx.node("Slice", [
    full,
    onnx.ints(pads.slice(0, axes.length)),
    onnx.ints(ends),
    onnx.ints(axes)
  ])
}

const withZerosBetween = (
  { onnx }: Lowering,
  { dims, name }: Shaped,
  axis: number,
  stride: number
): Shaped => {
  if (stride === 1) return { name, dims }
  const length = dims[axis]!
  const apart = dims.toSpliced(axis, 1, length, 1)
  const zeros = onnx.node("Expand", [onnx.float(0), onnx.ints(apart.with(axis + 1, stride - 1))])
  const joined = onnx.node("Concat", [onnx.reshape(name, apart), zeros], { axis: axis + 1 })
  const spread = onnx.reshape(joined, dims.with(axis, length * stride))
  const whole = (length - 1) * stride + 1
  return {
    name: onnx.node("Slice", [spread, onnx.ints([0]), onnx.ints([whole]), onnx.ints([axis])]),
    dims: dims.with(axis, whole)
  }
}
