/** Bilinear resizing, one axis after the other, and its transpose. */
import { type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { alongAxis } from "./along-axis.ts"
import { type Alignment, linearSources, transposedMap } from "./sources.ts"

/** From x `[N,H,W,C]`, float32, to output `[N,H',W',C]`. */
export const lowerBilinear = (
  lowering: Lowering,
  x: Value,
  output: Value,
  alignment: Alignment
): void => {
  if (output.size === 0) return lowering.defineUniform(output, 0)
  const [, h, w] = x.shape as readonly [number, number, number, number]
  const [, height, width] = output.shape as readonly [number, number, number, number]
  const rows = linearSources(h, height, alignment)
  const tall = alongAxis(lowering, lowering.plain(x), x.shape, 1, rows)
  const columns = linearSources(w, width, alignment)
  const whole = alongAxis(lowering, tall, x.shape.with(1, height), 2, columns)
  lowering.define(output, "plain", whole)
}

/** From dy `[N,H',W',C]` to the gradient `output` of the image that was resized. */
export const lowerBilinearGradient = (
  lowering: Lowering,
  dy: Value,
  output: Value,
  alignment: Alignment
): void => {
  if (dy.size === 0 || output.size === 0) return lowering.defineUniform(output, 0)
  const [, height, width] = dy.shape as readonly [number, number, number, number]
  const [, h, w] = output.shape as readonly [number, number, number, number]
  const columns = transposedMap(linearSources(w, width, alignment), w)
  const narrow = alongAxis(lowering, lowering.plain(dy), dy.shape, 2, columns)
  const rows = transposedMap(linearSources(h, height, alignment), h)
  const whole = alongAxis(lowering, narrow, dy.shape.with(2, w), 1, rows)
  lowering.define(output, "plain", whole)
}
