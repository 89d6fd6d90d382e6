/**
 * Matrix products of which the bits do not depend on the number of threads.
 *
 * MLAS, ONNX Runtime's library for the CPU, gives each thread some rows of the result, or some columns where there are more
 * of those (`MlasGemmBatch` in mlas/lib/sgemm.cpp). What a thread does then depends on the size of its part, as long as the
 * left operand is stored as it is: a single row or column goes a way of its own, and long sums are cut into pieces by how
 * many columns there are. With the left operand stored transposed there is one way for all. So products whose parts could
 * become that small are computed from a transposed left operand.
 */
import { type Lowering } from "./lowering.ts"

/** `[…, m, k]` times `[…, k, n]`, stored transposed where it says so. */
export interface ProductSize {
  readonly m: number
  readonly k: number
  readonly n: number
  readonly transposeA?: boolean
  readonly transposeB?: boolean
  /** How many axes the operands have; 2 if left out. */
  readonly rank?: number
  /** How many products there are; 1 if left out, which is safe for more. */
  readonly batch?: number
}

/** Of float32. */
export const product = (lowering: Lowering, a: string, b: string, size: ProductSize): string => {
  const { k, m, n, rank = 2, transposeA = false, transposeB = false } = size
  if (lowering.target.provider !== "cpu") return simpleProduct(lowering, a, b, size)
  if (transposeA || !dependsOnThreads(size)) {
    return fused(lowering, a, b, transposeA, transposeB)
  }
  // (ab)ᵀ = bᵀaᵀ has b on its left.
  if (!transposeB) return swapped(lowering, fused(lowering, b, a, true, true), rank)
  if (m * k <= n * (k + m)) {
    return fused(lowering, swapped(lowering, a, rank), b, true, true)
  }
  return swapped(lowering, fused(lowering, swapped(lowering, b, rank), a, true, true), rank)
}

/** By ONNX's own operator, of any type that it has. */
export const simpleProduct = (
  lowering: Lowering,
  a: string,
  b: string,
  { rank = 2, transposeA = false, transposeB = false }: ProductSize
): string =>
  lowering.onnx.node("MatMul", [
    transposeA ? swapped(lowering, a, rank) : a,
    transposeB ? swapped(lowering, b, rank) : b
  ])

/** The most threads of a machine for which the bits are promised. */
const mostThreads = 128

/** How many multiplications MLAS wants for each thread. */
const workOfThread = 65_536

/** Whether the bits may depend on the number of threads, for a left operand that is not stored transposed. */
export const dependsOnThreads = ({
  batch = 1,
  k,
  m,
  n,
  transposeB = false
}: ProductSize): boolean => {
  const threads = Math.min(
    Math.floor(mostThreads / batch),
    Math.floor((m * n * k) / workOfThread) + 1
  )
  if (threads <= 1) return false
  if (n <= m) return m > 1 && (n === 1 || Math.floor(m / threads) < 2)
  if (m === 1) return transposeB
  // Columns are handed out by sixteen. Up to 128 terms are summed in one piece.
  const groups = Math.ceil(n / 16)
  return k > 128 && Math.floor(groups / Math.min(threads, groups)) * 16 <= 64
}

const fused = (
  { onnx }: Lowering,
  a: string,
  b: string,
  transA: boolean,
  transB: boolean
): string =>
  transA || transB
    ? onnx.node(
        "FusedMatMul",
        [a, b],
        { transA: transA ? 1 : 0, transB: transB ? 1 : 0 },
        { domain: "com.microsoft" }
      )
    : onnx.node("MatMul", [a, b])

/** The last two axes exchanged. */
const swapped = ({ onnx }: Lowering, name: string, rank: number): string => {
  const axes = Array.from({ length: rank }, (_, axis) => axis)
  return onnx.transpose(name, [...axes.slice(0, -2), rank - 1, rank - 2])
}
