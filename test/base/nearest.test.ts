import { assert, describe, it } from "vitest"
import { nearest } from "../../src/base/nearest.ts"

describe("nearest", () => {
  it("finds what was probably meant", () => {
    assert.strictEqual(nearest("nosie/add", ["image/load", "noise/add"]), "noise/add")
    assert.strictEqual(nearest("Sigma", ["seed", "sigma"]), "sigma")
  })

  it("offers nothing when nothing is close", () => {
    assert.isUndefined(nearest("banana", ["image/load", "noise/add"]))
    assert.isUndefined(nearest("x", []))
  })
})
