/** Ids and texts as the reference library gives them: test/fixtures/spiece/make.py wrote the models and expected.json. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import {
  decodeSentencePieceModel,
  readSentencePieceModel
} from "../../src/text/sentencepiece/read-model.ts"
import { openTokenizer } from "../../src/text/sentencepiece/tokenizer.ts"

const folder = join(import.meta.dirname, "../fixtures/spiece")
const fileOf = (name: string) => join(folder, `${name}.model`)

interface Expected {
  readonly size: number
  /** For each text its ids, and what decoding makes of these. */
  readonly cases: ReadonlyArray<readonly [ids: ReadonlyArray<number>, decoded: string]>
  /** Ids in any order, and what decoding makes of them. */
  readonly decoded: ReadonlyArray<readonly [ids: ReadonlyArray<number>, decoded: string]>
}
const { texts, ...models } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
  readonly texts: ReadonlyArray<string>
} & { readonly [model in "t5" | "bytes" | "suffix"]: Expected }

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    assert.instanceOf(error, UserError)
    return error.message
  }
  return assert.fail("it was taken")
}

describe.each(["t5", "bytes", "suffix"] as const)("the tokenizer of %s.model", (name) => {
  const tokenizer = openTokenizer(fileOf(name))
  const { cases, decoded, size } = models[name]

  it("gives the reference's ids for every text", () => {
    assert.strictEqual(tokenizer.size, size)
    assert.isAbove(texts.length, 200)
    for (const [index, text] of texts.entries()) {
      assert.deepStrictEqual(
        [...tokenizer.encode(text)],
        [...cases[index]![0]],
        JSON.stringify(text)
      )
    }
  })

  it("decodes to the reference's texts, ids in any order too", () => {
    for (const [ids, text] of [...cases, ...decoded]) {
      assert.strictEqual(tokenizer.decode(ids), text, ids.join())
    }
  })

  it("refuses ids that no piece has", () => {
    for (const id of [-1, size, 0.5]) assert.throws(() => tokenizer.decode([id]), RangeError)
  })
})

describe("the T5-like tokenizer", () => {
  const tokenizer = openTokenizer(fileOf("t5"))

  it("knows its marks", () => {
    const { endId, padId, unknownId } = tokenizer
    assert.deepStrictEqual({ padId, endId, unknownId }, { padId: 0, endId: 1, unknownId: 2 })
  })

  it("decodes what it has encoded to the same words, for text of known letters", () => {
    const known = Array.from("abcdefghijklmnopqrstuvwxyz").filter(
      (letter) => !tokenizer.encode(letter).includes(tokenizer.unknownId)
    )
    assert.isAbove(known.length, 15)
    const word = fc.string({ unit: fc.constantFrom(...known), minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 12 }),
        fc.constantFrom(" ", "  ", "\t"),
        (words, gap) => {
          assert.strictEqual(tokenizer.decode(tokenizer.encode(words.join(gap))), words.join(" "))
        }
      )
    )
  })

  it("encodes what it has decoded to the same ids", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const ids = tokenizer.encode(text)
        if (ids.includes(tokenizer.unknownId)) return
        assert.deepStrictEqual(tokenizer.encode(tokenizer.decode(ids)), ids)
      })
    )
  })
})

describe("the tokenizer with bytes for what is unknown", () => {
  const tokenizer = openTokenizer(fileOf("bytes"))

  it("gives back any text, spaces and all", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), (text) => {
        // ▁ and a space are one to every SentencePiece model.
        assert.strictEqual(tokenizer.decode(tokenizer.encode(text)), text.replaceAll("\u2581", " "))
      })
    )
  })
})

describe("a model file", () => {
  const sound = readFileSync(fileOf("bytes"))

  it("is refused when it is cut off", () => {
    for (const size of [0, 1, 5, 100, sound.length >> 1, sound.length - 1]) {
      assert.match(
        refusal(() => decodeSentencePieceModel(sound.subarray(0, size), "m")),
        /^m is not a sound SentencePiece model: /
      )
    }
  })

  it("is refused, or read, but never an accident, when bytes are changed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        (changes) => {
          const bytes = Buffer.from(sound)
          for (const [at, value] of changes) bytes[at] = value
          try {
            decodeSentencePieceModel(bytes, "m")
          } catch (error) {
            assert.instanceOf(error, UserError)
          }
        }
      ),
      { numRuns: 300 }
    )
  })

  it("is refused when it is something else", () => {
    assert.match(
      refusal(() => decodeSentencePieceModel(Buffer.from("version https://git-lfs"), "m")),
      /not a sound/
    )
    // One piece <unk>, then the trainer's settings with the type BPE.
    const piece = Buffer.from([0x0a, 9, 0x0a, 5, ...Buffer.from("<unk>"), 0x18, 2])
    const bpe = Buffer.from([0x12, 2, 0x18, 2])
    assert.include(
      refusal(() => decodeSentencePieceModel(Buffer.concat([piece, bpe]))),
      "it is of the type BPE"
    )
    assert.include(
      refusal(() => decodeSentencePieceModel(Buffer.concat([piece, piece]))),
      "is there twice"
    )
  })

  it("that is not there is named", () => {
    assert.match(
      refusal(() => readSentencePieceModel("/no/such/spiece.model")),
      /^\/no\/such\/spiece.model cannot be read: /
    )
  })
})
