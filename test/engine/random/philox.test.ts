import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { gunzipSync } from "node:zlib"
import { philox4x32 } from "../../../src/engine/random/philox.ts"
import { sharedFile } from "../../support/project.ts"

const block = (
  [a, b, c, d]: readonly [number, number, number, number],
  [k0, k1]: readonly [number, number]
) => {
  const out = new Uint32Array(4)
  philox4x32(a, b, c, d, k0, k1, out)
  return [...out]
}

/** The definition on whole numbers of any size. */
const definition = (counter: ReadonlyArray<number>, key: ReadonlyArray<number>) => {
  const mask = 0xffffffffn
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint]
  let [k0, k1] = key.map(BigInt) as [bigint, bigint]
  for (let round = 0; round < 10; round++) {
    const [p, q] = [0xd2511f53n * a, 0xcd9e8d57n * c]
    ;[a, b, c, d] = [(q >> 32n) ^ b ^ k0, q & mask, (p >> 32n) ^ d ^ k1, p & mask]
    ;[k0, k1] = [(k0 + 0x9e3779b9n) & mask, (k1 + 0xbb67ae85n) & mask]
  }
  return [a, b, c, d].map(Number)
}

describe("philox4x32", () => {
  it("gives the known answers of Random123 (its file kat_vectors, philox4x32 10)", () => {
    const ones = 0xffffffff
    assert.deepStrictEqual(
      block([0, 0, 0, 0], [0, 0]),
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]
    )
    assert.deepStrictEqual(
      block([ones, ones, ones, ones], [ones, ones]),
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]
    )
    assert.deepStrictEqual(
      block([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]
    )
  })

  it("agrees with its definition on big integers", () => {
    const word = fc.nat({ max: 0xffffffff })
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        assert.deepStrictEqual(block(counter, key), definition(counter, key))
      })
    )
  })

  const file = sharedFile("fixtures", "rng", "torch-cuda-philox.json.gz")
  it.skipIf(file === undefined)("gives the raw words of PyTorch's CUDA generator", () => {
    const { philox_words_first_call: words } = JSON.parse(
      gunzipSync(readFileSync(file!)).toString("utf8")
    ) as {
      readonly philox_words_first_call: {
        readonly [seed: string]: { readonly "5": ReadonlyArray<ReadonlyArray<number>> }
      }
    }
    assert.isAbove(Object.keys(words).length, 5)
    for (const [seed, { "5": elements }] of Object.entries(words)) {
      const key = [Number(seed) >>> 0, Math.floor(Number(seed) / 2 ** 32)] as const
      for (const [element, expected] of elements.entries()) {
        assert.deepStrictEqual(block([0, 0, element, 0], key), [...expected])
      }
    }
  })
})
