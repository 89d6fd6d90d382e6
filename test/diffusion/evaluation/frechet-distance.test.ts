import { assert, describe, it } from "vitest"
import { frechetDistance, momentsOf } from "../../../src/diffusion/evaluation/frechet-distance.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import golden from "../../parity/frechet.json" with { type: "json" }

/** Of a Gaussian whose axes are those of the features, turned in the plane of the first two by an angle. */
const gaussian = (
  mean: ReadonlyArray<number>,
  deviations: readonly [number, number, ...ReadonlyArray<number>],
  angle = 0
) => {
  const dimension = mean.length
  const covariance = new Float64Array(dimension * dimension)
  for (const [i, deviation] of deviations.entries())
    covariance[i * (dimension + 1)] = deviation ** 2
  const [a, b] = [deviations[0] ** 2, deviations[1] ** 2]
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  covariance[0] = a * cos ** 2 + b * sin ** 2
  covariance[dimension + 1] = a * sin ** 2 + b * cos ** 2
  covariance[1] = covariance[dimension] = (a - b) * sin * cos
  return { mean: Float64Array.from(mean), covariance }
}

describe("frechetDistance", () => {
  it.each(golden.cases)("agrees with SciPy for $name", async ({ a, b, dimension, ...expected }) => {
    const moments = [a, b].map((values) =>
      momentsOf(
        Float32Array.from(values, (value) => value / golden.scale),
        dimension
      )
    )
    expected.mean.forEach((value, i) => assert.closeTo(moments[0]!.mean[i]!, value, 1e-12))
    expected.covariance.forEach((value, i) =>
      assert.closeTo(moments[0]!.covariance[i]!, value, 1e-12)
    )
    // SciPy's root of a singular product is good to about the root of float64's precision.
    const tolerance = 1e-6 * expected.distance
    assert.closeTo(await frechetDistance(moments[0]!, moments[1]!), expected.distance, tolerance)
    assert.closeTo(await frechetDistance(moments[1]!, moments[0]!), expected.distance, tolerance)
  })

  it("is |μ₁ - μ₂|² + |σ₁ - σ₂|² for Gaussians with the same axes", async () => {
    const a = gaussian([0, 1, 2], [1, 2, 0.5], 0.3)
    const b = gaussian([1, 1, 0], [3, 1, 0.25], 0.3)
    assert.closeTo(await frechetDistance(a, b), 1 + 4 + (4 + 1 + 0.0625), 1e-12)
  })

  it("is the closed form of two dimensions for turned axes", async () => {
    // tr (Σ₁Σ₂)^½ = √(tr Σ₁Σ₂ + 2 √(det Σ₁ det Σ₂)) for 2 x 2.
    const [a, b] = [gaussian([0, 0], [2, 1]), gaussian([0, 0], [3, 0.5], Math.PI / 2)]
    const product = 4 * 0.25 + 1 * 9
    const between = Math.sqrt(product + 2 * (2 * 1 * 3 * 0.5))
    assert.closeTo(await frechetDistance(a, b), 5 + 9.25 - 2 * between, 1e-12)
  })

  it("is 0 between equal ones, also singular ones, and never below", async () => {
    const features = normal(1, "features", 10 * 32)
    const singular = momentsOf(features, 32)
    const distance = await frechetDistance(singular, singular)
    assert.isAtLeast(distance, 0)
    assert.isBelow(distance, 1e-6)
  })

  it("needs two rows, and features of one size", async () => {
    assert.throws(() => momentsOf(new Float32Array(4), 4), RangeError)
    const other = await frechetDistance(
      gaussian([0, 0], [1, 1]),
      gaussian([0, 0, 0], [1, 1, 1])
    ).catch((error: unknown) => error)
    assert.instanceOf(other, RangeError)
  })
})
