/**
 * Pixels of a batch of images at places that are only known when the program runs. Places are computed in float64, as tfjs's
 * cpu backend computes them: a rounding error next to a whole number would pick another pixel.
 */
import { type Value } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"

export interface Pixels {
  readonly number: (value: number) => string
  readonly node: (op: string, ...inputs: ReadonlyArray<string>) => string
  /** The nearest whole number, halves upwards as in JavaScript. */
  readonly round: (place: string) => string
  readonly float: (value: string) => string
  /** False for NaN. */
  readonly isBetween: (place: string, low: number, high: number) => string
  /** False for NaN, too. */
  readonly isBeyond: (place: string, low: number, high: number) => string
  /** Whole places as indices; those outside of `[0, size)`, and NaN, become others inside, since they are not looked at. */
  readonly index: (place: string, size: number) => string
  /**
   * The pixels `[…indices, C]` of images in the plain form.
   *
   * @param item, row, column int64 indices within range, broadcastable to each other
   */
  readonly at: (item: string, row: string, column: string) => string
}

/** @param images `[N,H,W,C]` with at least one pixel */
export const pixelsOf = (lowering: Lowering, images: Value): Pixels => {
  const { onnx } = lowering
  const [n, h, w, c] = images.shape as readonly [number, number, number, number]
  const node = (op: string, ...inputs: ReadonlyArray<string>) => onnx.node(op, inputs)
  const number = (value: number) => onnx.constant("float64", [], new Float64Array([value]))
  const whole = (value: number) => onnx.constant("int64", [], BigInt64Array.of(BigInt(value)))
  const flat = onnx.reshape(lowering.plain(images), [n * h * w, c])
  return {
    number,
    node,
    round: (place) => node("Floor", node("Add", place, number(0.5))),
    float: (value) => onnx.cast(value, "float32"),
    isBetween: (place, low, high) =>
      node(
        "And",
        node("GreaterOrEqual", place, number(low)),
        node("LessOrEqual", place, number(high))
      ),
    isBeyond: (place, low, high) =>
      node("Or", node("Less", place, number(low)), node("Greater", place, number(high))),
    index: (place, size) => {
      // NaN is not at least 0.
      const isNumber = node("GreaterOrEqual", place, number(0))
      const inside = node("Where", isNumber, node("Min", place, number(size - 1)), number(0))
      return onnx.cast(inside, "int64")
    },
    at: (item, row, column) => {
      const line = node("Add", node("Mul", item, whole(h)), row)
      const pixel = node("Add", node("Mul", line, whole(w)), column)
      return onnx.node("Gather", [flat, pixel], { axis: 0 })
    }
  }
}
