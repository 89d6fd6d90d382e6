/**
 * Convolutions whose window is the whole image `[H,W]`, such as the 7x7 ones at the bottom of a U-Net: matrix products. The
 * sums over H·W·I are made tap by tap and then added, because a product with so long an inner dimension would have other
 * bits with another number of threads (MLAS chooses how it splits long sums by the columns of each thread).
 */
import { type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { product } from "../product.ts"
import { type ConvGeometry } from "./geometry.ts"

/** `y[n,o] = Σ x[n,t,i] w[t,i,o]`. */
export const wholeImageForward = (
  lowering: Lowering,
  x: Value,
  filter: Value,
  output: Value,
  { h, inputs, n, outputs, w }: ConvGeometry
): void => {
  const { onnx } = lowering
  const taps = h * w
  const byTap = tapsFirst(lowering, x, n, taps, inputs)
  const filters = onnx.reshape(lowering.plain(filter), [taps, inputs, outputs])
  const products = product(lowering, byTap, filters, { m: n, k: inputs, n: outputs, rank: 3 })
  const sums = onnx.node("ReduceSum", [products, onnx.ints([0])], { keepdims: 0 })
  lowering.define(output, "plain", onnx.reshape(sums, output.shape))
}

/** `x` `[n,taps,channels]` as `[taps,n,channels]`. */
const tapsFirst = (
  lowering: Lowering,
  x: Value,
  n: number,
  taps: number,
  channels: number
): string => {
  const { onnx, target } = lowering
  if (lowering.has(x, "blocked")) {
    const blocks = onnx.reshape(lowering.blocked(x), [
      n,
      channels / target.block,
      taps,
      target.block
    ])
    return onnx.reshape(onnx.transpose(blocks, [2, 0, 1, 3]), [taps, n, channels])
  }
  return onnx.transpose(onnx.reshape(lowering.plain(x), [n, taps, channels]), [1, 0, 2])
}

/** `dx[n,t,i] = Σ dy[n,o] w[t,i,o]`. */
export const wholeImageInputGradient = (
  lowering: Lowering,
  dy: Value,
  filter: Value,
  output: Value,
  { h, inputs, n, outputs, w }: ConvGeometry
): void => {
  const { onnx } = lowering
  const flatDy = onnx.reshape(lowering.plain(dy), [n, outputs])
  const filters = onnx.reshape(lowering.plain(filter), [h * w * inputs, outputs])
  const size = { m: n, k: outputs, n: h * w * inputs, transposeB: true }
  lowering.define(
    output,
    "plain",
    onnx.reshape(product(lowering, flatDy, filters, size), [n, h, w, inputs])
  )
}

/** `dw[t,i,o] = Σ x[n,t,i] dy[n,o]`. */
export const wholeImageFilterGradient = (
  lowering: Lowering,
  x: Value,
  dy: Value,
  output: Value,
  { h, inputs, n, outputs, w }: ConvGeometry
): void => {
  const { onnx } = lowering
  const flatX = onnx.reshape(lowering.plain(x), [n, h * w * inputs])
  const flatDy = onnx.reshape(lowering.plain(dy), [n, outputs])
  const size = { m: h * w * inputs, k: n, n: outputs, transposeA: true }
  lowering.define(
    output,
    "plain",
    onnx.reshape(product(lowering, flatX, flatDy, size), output.shape)
  )
}
