import { type GraphBuilder } from "../onnx/graph-builder.ts"

/**
 * The angle of the point (x, y) in [-π, π], float32, which ONNX has no operator for. From the octant: the arc tangent of the
 * smaller over the larger magnitude, mirrored where |y| > |x|, then where x is negative, then where y is. A zero's sign
 * counts, as in Math.atan2, but a result of 0 has none (ONNX Runtime's Where loses it).
 */
export const arcTangent2 = (onnx: GraphBuilder, [y, x]: ReadonlyArray<string>): string => {
  const [absoluteY, absoluteX] = [onnx.node("Abs", [y!]), onnx.node("Abs", [x!])]
  const small = onnx.node("Min", [absoluteY, absoluteX])
  const large = onnx.node("Max", [absoluteY, absoluteX])
  const zero = onnx.float(0)
  // Equal magnitudes may be two zeros or two infinities, which have no quotient.
  const equal = onnx.node("Where", [onnx.node("Greater", [large, zero]), onnx.float(1), zero])
  const isEqual = onnx.node("Equal", [small, large])
  const ratio = onnx.node("Where", [isEqual, equal, onnx.node("Div", [small, large])])
  const octant = onnx.node("Atan", [ratio])
  const mirrored = (when: string, at: number, angle: string) =>
    onnx.node("Where", [when, onnx.node("Sub", [onnx.float(at), angle]), angle])
  const steep = mirrored(onnx.node("Greater", [absoluteY, absoluteX]), Math.PI / 2, octant)
  const left = mirrored(isNegative(onnx, x!), Math.PI, steep)
  return onnx.node("Where", [isNegative(onnx, y!), onnx.node("Neg", [left]), left])
}

/** Also true of -0, whose reciprocal is -∞. */
const isNegative = (onnx: GraphBuilder, x: string): string => {
  const zero = onnx.float(0)
  const reciprocal = onnx.node("Reciprocal", [x])
  return onnx.node("Or", [onnx.node("Less", [x, zero]), onnx.node("Less", [reciprocal, zero])])
}
