import { type Shape } from "../graph/value.ts"
import { type Lowering } from "./lowering.ts"
import { product } from "./product.ts"

/**
 * The float32 sum of `name` over `axes`, which keep the length 1 or go, with the same bits at any number of threads.
 *
 * ONNX Runtime's ReduceSum sees neighbouring axes as one when all of them are summed (S) or kept (K). It has fast ways of its
 * own for K S K and S K S, but takes them only when as many are kept (at the first K) as there are threads. These two are
 * computed as it would: by a product with ones, and in two steps.
 */
export const sumOver = (
  lowering: Lowering,
  name: string,
  shape: Shape,
  axes: ReadonlyArray<number>,
  keepDims: boolean
): string => {
  const { onnx, target } = lowering
  const reduceSum = (x: string, over: ReadonlyArray<number>) =>
    onnx.node("ReduceSum", [x, onnx.ints(over)], { keepdims: 0 })
  const runs = runsOf(shape, axes)
  const sizes = runs.map(({ size }) => size)
  const summed = runs.flatMap((run, index) => (run.summed ? [index] : []))
  const view = onnx.reshape(name, sizes)
  const pattern = runs.map((run) => (run.summed ? "S" : "K")).join("")
  const sum = (): string => {
    if (summed.length === 0) return view
    if (target.provider !== "cpu") return reduceSum(view, summed)
    if (pattern === "SKS") return reduceSum(reduceSum(view, [2]), [0])
    if (pattern !== "KSK") return reduceSum(view, summed)
    const [batch, k, n] = sizes as [number, number, number]
    const ones = onnx.node("Expand", [onnx.float(1), onnx.ints([1, 1, k])])
    return product(lowering, ones, view, { m: 1, k, n, rank: 3, batch })
  }
  const made = sum()
  if (pattern !== "KSK") {
    onnx.describe(
      made,
      runs.flatMap((run) => (run.summed ? [] : [run.size]))
    )
  }
  const result = shape.flatMap((dim, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [dim]))
  return onnx.reshape(made, result)
}

/** Neighbouring axes that have the same fate, without those of length 1. */
const runsOf = (
  shape: Shape,
  axes: ReadonlyArray<number>
): ReadonlyArray<{ readonly summed: boolean; readonly size: number }> => {
  const runs: Array<{ summed: boolean; size: number }> = []
  for (const [axis, dim] of shape.entries()) {
    if (dim === 1) continue
    const summed = axes.includes(axis)
    const last = runs.at(-1)
    if (last?.summed === summed) last.size *= dim
    else runs.push({ summed, size: dim })
  }
  return runs
}
