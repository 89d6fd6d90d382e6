/** Resizing by the nearest pixel, and its transpose. Enlarging by whole factors stays in the CPU's blocked layout. */
import { type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { alongAxis } from "./along-axis.ts"
import { type Alignment, nearestMap, nearestSources, repeatsOf, transposedMap } from "./sources.ts"

/** The pixel of the source for each row and each column. */
const sourcesOf = (image: Value, resized: Value, alignment: Alignment) => {
  const [, h, w] = image.shape as readonly [number, number, number, number]
  const [, height, width] = resized.shape as readonly [number, number, number, number]
  const rows = nearestSources(h, height, alignment)
  const columns = nearestSources(w, width, alignment)
  const [tall, wide] = [repeatsOf(h, rows), repeatsOf(w, columns)]
  return {
    rows,
    columns,
    factors: tall === undefined || wide === undefined ? undefined : ([tall, wide] as const)
  }
}

/** From x `[N,H,W,C]` of any type to output `[N,H',W',C]`. */
export const lowerNearest = (
  lowering: Lowering,
  x: Value,
  output: Value,
  alignment: Alignment
): void => {
  if (output.size === 0) return lowering.defineUniform(output, 0)
  const { onnx } = lowering
  const { columns, factors, rows } = sourcesOf(x, output, alignment)
  if (factors !== undefined && lowering.has(x, "blocked")) {
    const attributes = { scales: [1, 1, ...factors], mode: "nearest" }
    const name = lowering.nchwc("Upsample", [lowering.blocked(x)], attributes)
    return lowering.define(output, "blocked", name)
  }
  const tall = onnx.node("Gather", [lowering.plain(x), onnx.ints(rows)], { axis: 1 })
  lowering.define(output, "plain", onnx.node("Gather", [tall, onnx.ints(columns)], { axis: 2 }))
}

/** From dy `[N,H',W',C]`, float32, to the gradient `output` of the image that was resized. */
export const lowerNearestGradient = (
  lowering: Lowering,
  dy: Value,
  output: Value,
  alignment: Alignment
): void => {
  if (dy.size === 0 || output.size === 0) return lowering.defineUniform(output, 0)
  const { onnx } = lowering
  const { columns, factors, rows } = sourcesOf(output, dy, alignment)
  if (factors !== undefined) {
    // Each pixel gets the sum over its copies.
    const count = onnx.float(factors[0] * factors[1])
    const attributes = { kernel_shape: factors, strides: factors }
    const form = lowering.has(dy, "blocked") ? "blocked" : "nchw"
    const means =
      form === "blocked"
        ? lowering.nchwc("AveragePool", [lowering.blocked(dy)], attributes)
        : onnx.node("AveragePool", [lowering.nchw(dy)], attributes)
    return lowering.define(output, form, onnx.node("Mul", [means, count]))
  }
  const [, h, w] = output.shape as readonly [number, number, number, number]
  const narrow = alongAxis(
    lowering,
    lowering.plain(dy),
    dy.shape,
    2,
    transposedMap(nearestMap(columns), w)
  )
  const backRows = transposedMap(nearestMap(rows), h)
  lowering.define(output, "plain", alongAxis(lowering, narrow, dy.shape.with(2, w), 1, backRows))
}
