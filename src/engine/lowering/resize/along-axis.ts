import { type Shape } from "../../graph/value.ts"
import { type Lowering } from "../lowering.ts"
import { sumOver } from "../sum.ts"
import { type AxisMap, type Term } from "./sources.ts"

/**
 * Replaces an axis of a float32 tensor by weighted sums of its positions: `y[i] = Σ weight·x[source]`. What is not part of
 * a sum has no influence on it, not even as NaN (a product with a matrix of weights would spread it).
 *
 * @param shape of the tensor; `axis` is neither the first nor the last
 */
export const alongAxis = (
  lowering: Lowering,
  name: string,
  shape: Shape,
  axis: number,
  map: AxisMap
): string => {
  const { onnx } = lowering
  if (isIdentity(map, shape[axis]!)) return name
  const length = Math.max(1, ...map.map((terms) => terms.length))
  const needsZeros = map.some((terms) => terms.length === 0)
  const zeros = () => onnx.node("Expand", [onnx.float(0), onnx.ints(shape.with(axis, 1))])
  const from = needsZeros ? onnx.node("Concat", [name, zeros()], { axis }) : name
  // Sums of fewer terms than others get their first one more, with weight 0; empty ones the zeros.
  const padded = map.flatMap((terms) =>
    Array.from(
      { length },
      (_, at) => terms[at] ?? { source: terms[0]?.source ?? shape[axis]!, weight: 0 }
    )
  )
  const indices = BigInt64Array.from(padded, ({ source }) => BigInt(source))
  const isOne = ({ source, weight }: Term) => weight === 1 || source === shape[axis]
  if (length === 1 && padded.every(isOne)) {
    return onnx.node("Gather", [from, onnx.constant("int64", [map.length], indices)], { axis })
  }
  const table = onnx.constant("int64", [map.length, length], indices)
  const gathered = onnx.node("Gather", [from, table], { axis })
  // Repeated over a short last axis, so that the product runs over long rows.
  const repeats = axis === shape.length - 2 ? shape.at(-1)! : 1
  const weights = Float32Array.from(
    padded.flatMap(({ weight }) => Array<number>(repeats).fill(weight))
  )
  const rest = shape
    .slice(axis + 1)
    .map((dim, at, dims) => (at === dims.length - 1 && repeats > 1 ? dim : 1))
  const factors = onnx.constant("float32", [map.length, length, ...rest], weights)
  const products = onnx.node("Mul", [gathered, factors])
  const dims = shape.toSpliced(axis, 1, map.length, length)
  return sumOver(lowering, products, dims, [axis + 1], false)
}

const isIdentity = (map: AxisMap, length: number): boolean =>
  map.length === length &&
  map.every((terms, at) => terms.length === 1 && terms[0]!.source === at && terms[0]!.weight === 1)
