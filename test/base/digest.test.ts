import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { digestOf, isDigest, sha256 } from "../../src/base/digest.ts"

describe("digests", () => {
  it("address bytes by the SHA-256 that other tools print", () => {
    // FIPS 180-4, the one-block example "abc".
    assert.strictEqual(
      sha256("abc"),
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
  })

  it("keep records apart that differ only in where their parts end", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (left, right) => {
        const same = left.length === right.length && left.every((part, i) => part === right[i])
        assert.strictEqual(digestOf("test", left) === digestOf("test", right), same)
      })
    )
    assert.notStrictEqual(digestOf("test", ["ab", "c"]), digestOf("test", ["a", "bc"]))
  })

  it("keep kinds apart and equal text and bytes together", () => {
    assert.notStrictEqual(digestOf("blob", ["x"]), digestOf("action", ["x"]))
    assert.strictEqual(digestOf("blob", ["ε"]), digestOf("blob", [Buffer.from("ε")]))
  })

  it("are recognised", () => {
    assert.isTrue(isDigest(sha256("")))
    for (const text of ["", "ab", sha256("").toUpperCase(), `${sha256("")}0`]) {
      assert.isFalse(isDigest(text))
    }
  })
})
