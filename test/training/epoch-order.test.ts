import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { epochOrder } from "../../src/training/epoch-order.ts"

describe("the order of an epoch", () => {
  it("has every image once", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.maxSafeInteger(), fc.nat(20), (count, seed, epoch) => {
        const sorted = epochOrder(count, seed, epoch).toSorted()
        assert.deepStrictEqual([...sorted], [...Array(count).keys()])
      })
    )
  })
  it("is the same for the same seed and epoch, and another for others", () => {
    assert.deepStrictEqual(epochOrder(100, 1, 2), epochOrder(100, 1, 2))
    assert.notDeepEqual(epochOrder(100, 1, 2), epochOrder(100, 1, 3))
    assert.notDeepEqual(epochOrder(100, 1, 2), epochOrder(100, 2, 2))
  })
  it("puts each image at each place equally often", () => {
    const [count, epochs] = [6, 3000]
    const seen = new Float64Array(count * count)
    for (let epoch = 1; epoch <= epochs; epoch++) {
      for (const [place, image] of epochOrder(count, 9, epoch).entries()) {
        seen[place * count + image]!++
      }
    }
    const expected = epochs / count
    const chiSquare = seen.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
    // 25 degrees of freedom: 99.9 % of fair shuffles stay below.
    assert.isBelow(chiSquare, 52.6)
  })
})
