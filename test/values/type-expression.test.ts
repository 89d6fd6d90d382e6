import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import {
  noBindings,
  parseType,
  printType,
  substitute,
  type TypeExpression,
  typeNames,
  unify
} from "../../src/values/type-expression.ts"

const symbol = fc.constantFrom("N", "H", "W", "C", "R", "Size")
const typeExpression = fc
  .record(
    {
      name: fc.constantFrom(...typeNames),
      shape: fc.array(fc.oneof(fc.nat(4096), symbol, fc.constant("?")), {
        minLength: 1,
        maxLength: 5
      }),
      range: fc.oneof(fc.constantFrom("[-1,1]", "[0,1]"), symbol),
      towards: fc.oneof(fc.constantFrom("noise", "data"), symbol),
      of: fc.oneof(fc.constantFrom("epsilon", "sample", "velocity"), symbol)
    },
    { requiredKeys: ["name"] }
  )
  .map((type) => type as TypeExpression)

const fits = (expected: string, found: string, bindings = noBindings()) =>
  unify(parseType(expected), parseType(found), bindings)

describe("type expressions", () => {
  it("print as they are read", () => {
    fc.assert(
      fc.property(typeExpression, (type) => {
        assert.deepStrictEqual(parseType(printType(type)), type)
      })
    )
  })

  it("refuse what has no such form", () => {
    for (const text of [
      "",
      "Picture",
      "Image[",
      "Image[64,64,3",
      "Image[h]",
      "Image in [0,255]",
      "Image[-1]"
    ]) {
      assert.throws(() => parseType(text), TypeError)
    }
  })
})

describe("unify", () => {
  it("fits every concrete type into itself", () => {
    fc.assert(
      fc.property(typeExpression, (type) => {
        const concrete = substitute(type, noBindings())
        assert.isUndefined(unify(concrete, concrete, noBindings()))
      })
    )
  })

  it("binds symbols, and holds other ports to them", () => {
    const bindings = noBindings()
    assert.isUndefined(fits("Image[H,W,C] in R", "Image[64,48,3] in [-1,1]", bindings))
    assert.deepStrictEqual(
      [...bindings.dims],
      [
        ["H", 64],
        ["W", 48],
        ["C", 3]
      ]
    )
    assert.deepStrictEqual(fits("Mask[H,W]", "Mask[48,64]", bindings), {
      what: "shape",
      expected: "Mask[64,48]",
      found: "Mask[48,64]"
    })
    assert.deepStrictEqual(
      fits("Image[H,W,C] in R", "Image[64,48,3] in [0,1]", bindings)?.what,
      "range"
    )
  })

  it("takes one image for a batch of one, never a batch for one image", () => {
    const bindings = noBindings()
    assert.isUndefined(fits("Images[N,H,W,C]", "Image[8,8,1] in [0,1]", bindings))
    assert.strictEqual(bindings.dims.get("N"), 1)
    assert.strictEqual(fits("Image[H,W,C]", "Images[1,8,8,1]")?.what, "type")
  })

  it("lets pass what is not known before the run", () => {
    assert.isUndefined(fits("Image[64,64,3] in [0,1]", "Image[?,?,3]"))
    assert.isUndefined(fits("Image[64,64,3]", "Image"))
  })

  it("tells directions and predictions apart", () => {
    assert.strictEqual(
      fits("NoiseSchedule[T] towards noise", "NoiseSchedule[10] towards data")?.what,
      "time direction"
    )
    assert.deepStrictEqual(fits("Image[H,W]", "Image[1,2,3]"), {
      what: "rank",
      expected: "Image[H,W]",
      found: "Image[1,2,3]"
    })
  })
})
