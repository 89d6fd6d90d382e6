import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { canonicalJson } from "../../src/base/json.ts"

const shuffled = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(shuffled)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, shuffled(member)])
  )
}

describe("canonicalJson", () => {
  it("is one text for equal values, whatever the order of their keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.strictEqual(canonicalJson(value), canonicalJson(shuffled(value)))
      })
    )
  })

  it("reads back as the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.strictEqual(canonicalJson(JSON.parse(canonicalJson(value))), canonicalJson(value))
      })
    )
  })

  it("follows RFC 8785, section 3.2.3 and appendix B", () => {
    assert.strictEqual(
      canonicalJson({ "€": 1, "\r": 2, "\u{1f600}": 3, "1": 4, "\u0080": 5, ö: 6 }),
      '{"\\r":2,"1":4,"\u0080":5,"ö":6,"€":1,"\u{1f600}":3}'
    )
    const numbers: ReadonlyArray<readonly [number, string]> = [
      [-0, "0"],
      [5e-324, "5e-324"],
      [9007199254740992, "9007199254740992"],
      [295147905179352830000, "295147905179352830000"],
      [1e23, "1e+23"],
      [1e-7, "1e-7"],
      [0.000001, "0.000001"],
      [1 / 3, "0.3333333333333333"]
    ]
    for (const [value, text] of numbers) assert.strictEqual(canonicalJson(value), text)
  })

  it("writes equal numbers alike, however they were written", () => {
    assert.strictEqual(canonicalJson({ rate: 1e-2 }), canonicalJson({ rate: 0.01 }))
  })

  it("leaves out what is undefined and refuses what JSON cannot hold", () => {
    assert.strictEqual(canonicalJson({ a: undefined, b: 1 }), '{"b":1}')
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, () => 0, 1n]) {
      assert.throws(() => canonicalJson({ value }), TypeError)
    }
  })
})
