/** From the gradient of a convolution's result to that of its filter. */
import { type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { dependsOnThreads } from "../product.ts"
import { type ConvGeometry, isWholeImage } from "./geometry.ts"
import { asOneOfTwo } from "./one-image.ts"
import { onnxConv } from "./onnx-conv.ts"
import { wholeImageFilterGradient } from "./whole-image.ts"

export const lowerFilterGradient = (
  lowering: Lowering,
  x: Value,
  dy: Value,
  output: Value,
  geometry: ConvGeometry
): void => {
  const { dilations, groups, out } = geometry
  const { provider } = lowering.target
  if (x.size === 0 || dy.size === 0) return lowering.defineUniform(output, 0)
  if (provider === "cpu" && isWholeImage(geometry) && out[0] * out[1] === 1) {
    wholeImageFilterGradient(lowering, x, dy, output, geometry)
  } else if (provider === "cpu" && groups === 1 && dilations[0] === 1 && dilations[1] === 1) {
    imageConv(lowering, x, dy, output, geometry)
  } else {
    exchangedConv(lowering, x, dy, output, geometry)
  }
}

/**
 * X, channels-last, is an image `[1, N, H, W·I]` with one channel for each item of the batch, and dY, channels-first, is its
 * filter: dilated by the stride over rows and by stride·I over columns, so that each window of the result is one tap.
 * Nothing is materialised, and rows are copied in one piece. One group an item, or a few items, and the sum over groups after
 * it, because one group alone is split over threads and would have other bits with another number of them.
 */
const imageConv = (
  lowering: Lowering,
  x: Value,
  dy: Value,
  output: Value,
  { h, inputs, kernel, n, out, outputs, pads, strides, w }: ConvGeometry
): void => {
  const { onnx } = lowering
  const [kh, kw] = kernel
  const end = (axis: 0 | 1) =>
    (out[axis] - 1) * strides[axis] + kernel[axis] - (axis === 0 ? h : w) - pads[axis]
  const together = itemsTogether(n, out[0] * out[1])
  const groups = n / together
  const image = onnx.reshape(lowering.plain(x), [1, n, h, w * inputs])
  const byItem = lowering.nchw(dy)
  const byGroup =
    together === 1
      ? byItem
      : onnx.transpose(
          onnx.reshape(byItem, [groups, together, outputs, out[0] * out[1]]),
          [0, 2, 1, 3]
        )
  const filters = onnx.reshape(byGroup, [groups * outputs, together, ...out])
  // Rows and columns that no window reached make more taps than the filter has.
  const columns = (kw + Math.max(0, -end(1))) * inputs
  const reached = kh + Math.max(0, -end(0))
  const taps = { m: outputs, k: together * out[0] * out[1], n: reached * columns }
  // With fewer taps than outputs MLAS lets all threads work at one group's product; more taps, below the image, hinder it.
  const alone = taps.n < outputs && dependsOnThreads(taps)
  const rows = alone ? Math.ceil(outputs / columns) : reached
  const convolve = (images: string, group = groups): string =>
    onnx.node("Conv", [images, filters], {
      group,
      kernel_shape: out,
      dilations: [strides[0], strides[1] * inputs],
      pads: [
        pads[0],
        pads[1] * inputs,
        Math.max(0, end(0)) + rows - reached,
        Math.max(0, end(1)) * inputs
      ]
    })
  // A single item is shown to several groups, each of which has some of the outputs.
  const shares = n === 1 ? [8, 4, 2].find((count) => outputs % count === 0) : undefined
  const products =
    shares !== undefined
      ? convolve(onnx.node("Concat", Array<string>(shares).fill(image), { axis: 1 }), shares)
      : groups > 1
        ? convolve(image)
        : asOneOfTwo(onnx, image, { sum: taps.k, pixels: rows * columns }, convolve)
  const items = onnx.reshape(products, [groups, outputs, rows, columns])
  const sums = onnx.node("ReduceSum", [items, onnx.ints([0])], { keepdims: 0 })
  const own =
    rows === kh && columns === kw * inputs
      ? sums
      : onnx.node("Slice", [
          sums,
          onnx.ints([0, 0]),
          onnx.ints([kh, kw * inputs]),
          onnx.ints([1, 2])
        ])
  lowering.define(output, "plain", onnx.reshape(onnx.transpose(own, [1, 2, 0]), output.shape))
}

/**
 * How many items of the batch share a group: for small images several, because the groups' results, each as large as the
 * filter, are written and read again to be added. At least two groups remain, so that none is split over threads.
 */
const itemsTogether = (items: number, pixels: number): number => {
  if (pixels >= 128) return 1
  return [8, 4, 2].find((count) => items % count === 0 && items >= 2 * count) ?? 1
}

/**
 * The textbook way, for every provider and every geometry: the batch and the channels change places, stride and dilation
 * too. With groups, item and group stay together.
 */
const exchangedConv = (
  lowering: Lowering,
  x: Value,
  dy: Value,
  output: Value,
  { dilations, groups, h, inputs, kernel, n, out, outputs, pads, strides, w }: ConvGeometry
): void => {
  const { onnx } = lowering
  const [kh, kw] = kernel
  const perGroup = inputs / groups
  // [I, N, H, W], or with groups [I/g, g·N, H, W]: batch I/g, and a group of N channels for each g.
  const image = onnx.reshape(
    onnx.transpose(onnx.reshape(lowering.nchw(x), [n, groups, perGroup, h, w]), [2, 1, 0, 3, 4]),
    [perGroup, groups * n, h, w]
  )
  const filters = onnx.transpose(lowering.nchw(dy), [1, 0, 2, 3])
  const end = ([h, w] as const).map(
    (size, axis) =>
      (out[axis]! - 1) * strides[axis]! +
      (kernel[axis]! - 1) * dilations[axis]! +
      1 -
      size -
      pads[axis]!
  )
  const taps = onnxConv(
    lowering,
    { name: image, dims: [perGroup, groups * n, h, w] },
    { name: filters, dims: [outputs, n, ...out] },
    {
      groups,
      kernel: out,
      strides: dilations,
      dilations: strides,
      pads: [pads[0], pads[1], Math.max(0, end[0]!), Math.max(0, end[1]!)]
    }
  )
  const own = end.every((rows) => rows >= 0)
    ? taps
    : onnx.node("Slice", [taps, onnx.ints([0, 0]), onnx.ints([kh, kw]), onnx.ints([2, 3])])
  lowering.define(output, "plain", onnx.transpose(own, [2, 3, 0, 1]))
}
