import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { periodOf } from "#src/engine/backend/repetition.ts"

const rounds = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 8 })

describe("periodOf", () => {
  it("finds after how many items the second half was there before", () => {
    fc.assert(
      fc.property(rounds, rounds, fc.integer({ min: 0, max: 30 }), (before, round, times) => {
        const items = [...before, ...Array.from({ length: times }, () => round).flat()]
        const half = Math.ceil(items.length / 2)
        const isPeriod = (period: number) =>
          items.slice(-half).every((item, i) => items[items.length - half + i - period] === item)
        const periods = Array.from({ length: items.length - half }, (_, i) => i + 1)
        assert.strictEqual(periodOf(items), periods.find(isPeriod))
      })
    )
  })
  it("is not taken in by what is repeated within a round", () => {
    const round = "abcabcabcd".split("")
    assert.strictEqual(periodOf([...round, ...round, ...round, ...round]), 10)
    assert.strictEqual(periodOf("xyzabcabcabc".split("")), 3)
    assert.isUndefined(periodOf("abcdefgh".split("")))
    assert.isUndefined(periodOf([]))
  })
})
