import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { equalBatches } from "../../src/diffusion/equal-batches.ts"

describe("equalBatches", () => {
  it("has every item once, in batches of one size of at least two", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 70 }),
        (count, largest) => {
          const batches = equalBatches(count, largest)
          const sizes = new Set(batches.map(({ items }) => items.length))
          assert.strictEqual(sizes.size, 1)
          assert.isTrue([...sizes].every((size) => size >= 2 && size <= Math.max(largest, 2)))
          assert.deepStrictEqual(
            batches.flatMap(({ items, real }) => items.slice(0, real)),
            Array.from({ length: count }, (_, i) => i)
          )
          assert.strictEqual(batches.length, Math.ceil(count / Math.max(largest, 2)))
        }
      )
    )
  })

  it("spreads items evenly, and repeats the last where too few are left", () => {
    assert.deepStrictEqual(equalBatches(5, 4), [
      { items: [0, 1, 2], real: 3 },
      { items: [3, 4, 4], real: 2 }
    ])
    assert.deepStrictEqual(equalBatches(1, 64), [{ items: [0, 0], real: 1 }])
    assert.deepStrictEqual(equalBatches(0, 64), [])
  })
})
