import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { naturalOrder } from "../../src/data/natural-order.ts"

describe("naturalOrder", () => {
  it("counts as people do", () => {
    const names = [
      "10.png",
      "9.png",
      "a2/1",
      "a10/1",
      "b",
      "a",
      "09.png",
      "x99999999999999999999",
      "x100000000000000000000"
    ]
    assert.deepStrictEqual(names.toSorted(naturalOrder), [
      "09.png",
      "9.png",
      "10.png",
      "a",
      "a2/1",
      "a10/1",
      "b",
      "x99999999999999999999",
      "x100000000000000000000"
    ])
  })

  it("is an order, and takes no two names for one", () => {
    const name = fc.stringMatching(/^[0-2ab]{0,6}$/)
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        assert.strictEqual(Math.sign(naturalOrder(a, b)), -Math.sign(naturalOrder(b, a)) + 0)
        if (naturalOrder(a, b) === 0) assert.strictEqual(a, b)
        if (naturalOrder(a, b) < 0 && naturalOrder(b, c) < 0) {
          assert.isBelow(naturalOrder(a, c), 0)
        }
      })
    )
  })
})
