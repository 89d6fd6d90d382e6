/** How far two sets of images are from each other, by the first two moments of their features. */
import type { Matrix } from "ml-matrix"

/** Mean and covariance, float64. */
export interface Moments {
  readonly mean: Float64Array
  /** Symmetric, row-major `[dimension, dimension]`; of the sample, divided by N - 1. */
  readonly covariance: Float64Array
}

/**
 * @param features row-major `[count, dimension]`
 * @throws RangeError for fewer than two rows, which have no covariance
 */
export const momentsOf = (features: Float32Array, dimension: number): Moments => {
  const count = features.length / dimension
  if (!Number.isInteger(count) || count < 2) {
    throw new RangeError(`a covariance needs at least two rows of ${dimension}, got ${count}`)
  }
  const mean = new Float64Array(dimension)
  for (let i = 0; i < features.length; i++) mean[i % dimension]! += features[i]! / count
  const covariance = new Float64Array(dimension * dimension)
  const centred = new Float64Array(dimension)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < dimension; i++) centred[i] = features[row * dimension + i]! - mean[i]!
    for (let i = 0; i < dimension; i++) {
      const factor = centred[i]! / (count - 1)
      for (let j = i; j < dimension; j++) covariance[i * dimension + j]! += factor * centred[j]!
    }
  }
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j < i; j++) covariance[i * dimension + j] = covariance[j * dimension + i]!
  }
  return { mean, covariance }
}

/**
 * The squared Fréchet (2-Wasserstein) distance of the Gaussians with these moments:
 * `|μ₁ - μ₂|² + tr Σ₁ + tr Σ₂ - 2 tr (Σ₁ Σ₂)^½`; never below 0.
 *
 * Dowson & Landau 1982 (J. Multivariate Analysis 12), equation 16; as FID: Heusel et al. 2017 (arXiv:1706.08500), section 3. With S
 * the root of Σ₁, the trace is that of `(S Σ₂ S)^½`: symmetric and positive, so that its eigenvalues are real also where a
 * covariance is singular, as it is for fewer samples than dimensions.
 */
export const frechetDistance = async (a: Moments, b: Moments): Promise<number> => {
  const dimension = a.mean.length
  if (b.mean.length !== dimension) {
    throw new RangeError(`features of ${dimension} and ${b.mean.length} dimensions`)
  }
  // Loaded when it is needed: stages that come to this file are also read for their ports alone.
  const { EigenvalueDecomposition, Matrix } = await import("ml-matrix")
  const matrixOf = (values: Float64Array): Matrix =>
    Matrix.from1DArray(dimension, dimension, values)
  const decomposed = (matrix: Matrix) =>
    new EigenvalueDecomposition(matrix, { assumeSymmetric: true })
  const { eigenvectorMatrix: vectors, realEigenvalues } = decomposed(matrixOf(a.covariance))
  const root = vectors.mmul(Matrix.diag(realEigenvalues.map(rootOf))).mmul(vectors.transpose())
  const product = root.mmul(matrixOf(b.covariance)).mmul(root)
  // A product of three symmetric matrices of this form is symmetric but for rounding.
  const symmetric = Matrix.add(product, product.transpose()).mul(0.5)
  const between = decomposed(symmetric).realEigenvalues.reduce((sum, x) => sum + rootOf(x), 0)
  let apart = 0
  let traces = 0
  for (let i = 0; i < dimension; i++) {
    apart += (a.mean[i]! - b.mean[i]!) ** 2
    traces += a.covariance[i * (dimension + 1)]! + b.covariance[i * (dimension + 1)]!
  }
  return Math.max(0, apart + traces - 2 * between)
}

/** Of an eigenvalue that is not below 0 but for rounding. */
const rootOf = (eigenvalue: number): number => Math.sqrt(Math.max(0, eigenvalue))
