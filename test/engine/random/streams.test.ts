import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { normal, normals, uniform, uniforms } from "../../../src/engine/random/streams.ts"
import golden from "../../parity/streams.json" with { type: "json" }

const count = 100_000
const mean = (values: ReadonlyArray<number> | Float32Array) => {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}
const moment = (values: Float32Array, power: number) =>
  mean(Array.from(values, (value) => value ** power))
/** Of standardised draws; its deviation is 1/√count when they are independent. */
const correlation = (a: Float32Array, b: Float32Array) =>
  mean(Array.from(a, (value, i) => value * b[i]!))
/** Four deviations: a fair generator fails one such check in 16,000 seeds, and the seeds here are fixed. */
const fourDeviations = (variance: number) => 4 * Math.sqrt(variance / count)

/** The standard normal distribution function; Abramowitz & Stegun 7.1.26, error below 1.5e-7. */
const normalCdf = (x: number) => {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2)
  const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592]
  const erf = 1 - series.reduce((sum, factor) => (sum + factor) * t, 0) * Math.exp((-x * x) / 2)
  return (1 + Math.sign(x) * erf) / 2
}
/** Kolmogorov and Smirnov's largest distance between the draws and a distribution function. */
const distance = (values: Float32Array, cdf: (x: number) => number) =>
  values.toSorted().reduce((largest, x, i) => {
    const expected = cdf(x)
    return Math.max(largest, Math.abs(expected - i / count), Math.abs(expected - (i + 1) / count))
  }, 0)
/** Exceeded by a fair generator in one of a thousand seeds. */
const largestDistance = 1.95 / Math.sqrt(count)

const seeds = [0, 1, 180, -7, Number.MAX_SAFE_INTEGER]
const address = fc.record({
  seed: fc.maxSafeInteger(),
  stream: fc.string(),
  item: fc.nat({ max: 2 ** 32 - 1 })
})

describe("the streams", () => {
  it("are laid out as documented: a program written from the description gives the same draws", () => {
    for (const { item, normal: normals, seed, stream, uniform: uniforms } of golden) {
      assert.deepStrictEqual([...uniform(seed, stream, 7, item)], uniforms)
      // One unit in the last place of float32 is left to another language's sin, cos and log.
      for (const [i, value] of normal(seed, stream, 7, item).entries()) {
        assert.closeTo(value, normals[i]!, 1.2e-7 * Math.abs(normals[i]!))
      }
    }
  })

  it("give an element that does not depend on how many are drawn", () => {
    fc.assert(
      fc.property(address, fc.nat(40), fc.nat(40), ({ item, seed, stream }, a, b) => {
        const [few, many] = [Math.min(a, b), Math.max(a, b)]
        for (const draw of [normal, uniform]) {
          assert.deepStrictEqual(
            draw(seed, stream, many, item).slice(0, few),
            draw(seed, stream, few, item)
          )
        }
      })
    )
  })

  it("give several items at once what each gets alone", () => {
    const items = fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 4 })
    fc.assert(
      fc.property(address, items, fc.nat(9), ({ seed, stream }, items, count) => {
        for (const [one, several] of [
          [normal, normals],
          [uniform, uniforms]
        ] as const) {
          const alone = items.flatMap((item) => [...one(seed, stream, count, item)])
          assert.deepStrictEqual([...several(seed, stream, count, items)], alone)
        }
      })
    )
  })

  it("differ between any two addresses", () => {
    fc.assert(
      fc.property(address, address, (a, b) => {
        fc.pre(a.seed !== b.seed || a.stream !== b.stream || a.item !== b.item)
        for (const draw of [normal, uniform]) {
          assert.notDeepEqual(draw(a.seed, a.stream, 8, a.item), draw(b.seed, b.stream, 8, b.item))
        }
      })
    )
  })

  it("are uncorrelated between seeds, names, items, distributions and neighbours", () => {
    const standardised = uniform(1, "a", count).map((u) => (u - 0.5) * Math.sqrt(12))
    const draws = [
      normal(1, "a", count),
      normal(1, "b", count),
      normal(1, "a", count, 1),
      normal(2, "a", count),
      normal(1 + 2 ** 32, "a", count),
      standardised
    ]
    const [first] = draws
    const neighbours = [1, 2, 3, 4].map((lag) =>
      Float32Array.from(first!, (_, i) => first![(i + lag) % count]!)
    )
    for (const [i, a] of draws.entries()) {
      for (const b of draws.slice(i + 1))
        assert.isBelow(Math.abs(correlation(a, b)), fourDeviations(1))
    }
    for (const shifted of neighbours) {
      assert.isBelow(Math.abs(correlation(first!, shifted)), fourDeviations(1))
      // The radius of a pair is shared by both of its members: their squares must still be independent.
      const squares = [first!, shifted].map((values) => values.map((z) => (z * z - 1) / Math.SQRT2))
      assert.isBelow(Math.abs(correlation(squares[0]!, squares[1]!)), fourDeviations(1))
    }
  })
})

describe("normal", () => {
  it("has the moments 0, 1, 0, 3 of N(0, 1)", () => {
    for (const seed of seeds) {
      const draws = normal(seed, "moments", count)
      assert.closeTo(moment(draws, 1), 0, fourDeviations(1))
      assert.closeTo(moment(draws, 2), 1, fourDeviations(2))
      assert.closeTo(moment(draws, 3), 0, fourDeviations(15))
      assert.closeTo(moment(draws, 4), 3, fourDeviations(96))
    }
  })

  it("has the distribution function of N(0, 1)", () => {
    for (const seed of seeds) {
      assert.isBelow(distance(normal(seed, "shape", count), normalCdf), largestDistance)
    }
  })
})

describe("uniform", () => {
  it("has the distribution function of [0, 1) and stays inside", () => {
    for (const seed of seeds) {
      const draws = uniform(seed, "shape", count)
      assert.isTrue(draws.every((u) => u >= 0 && u < 1))
      assert.isBelow(
        distance(draws, (x) => x),
        largestDistance
      )
    }
  })

  it("fills 256 cells evenly", () => {
    for (const seed of seeds) {
      const cells = new Float64Array(256)
      for (const u of uniform(seed, "cells", count)) cells[Math.floor(u * 256)]!++
      const expected = count / 256
      const chiSquare = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
      // 255 degrees of freedom: 99.9 % of seeds lie between these.
      assert.isAbove(chiSquare, 184)
      assert.isBelow(chiSquare, 334)
    }
  })
})

describe("an address that is none", () => {
  it("is refused", () => {
    assert.throws(() => normal(0.5, "a", 1), RangeError, "safe integer")
    assert.throws(() => normal(2 ** 53, "a", 1), RangeError, "safe integer")
    assert.throws(() => normal(0, "a", 1, -1), RangeError, "item")
    assert.throws(() => normal(0, "a", 1, 2 ** 32), RangeError, "item")
    assert.throws(() => uniform(0, "a", -1), RangeError, "number of draws")
  })
})
