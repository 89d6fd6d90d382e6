import { type ElementType } from "../onnx/element-type.ts"
import { type Lowering } from "./lowering.ts"

/**
 * Converts elements as JavaScript does when it stores a number in a typed array, which is how tfjs converts: floats are cut
 * towards zero, what int32 cannot hold is reduced modulo 2^32, infinities and NaN become 0; everything but 0 is true.
 */
export const convert = (
  { onnx, target }: Lowering,
  name: string,
  from: ElementType,
  to: ElementType
): string => {
  if (from === to) return name
  if (to !== "int32" || !from.startsWith("float") || target.provider !== "cpu") {
    return onnx.cast(name, to)
  }
  // By way of int64, whose upper half is cut off. ONNX Runtime would make one conversion of two that follow each other.
  return onnx.cast(onnx.node("Identity", [onnx.cast(name, "int64")]), "int32")
}
