import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { join } from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import { preparePrompt } from "../../src/text/prepare-prompt.ts"
import { openTokenizer } from "../../src/text/sentencepiece/tokenizer.ts"
import { promptLength, tokenizeT5 } from "../../src/text/tokenize-t5.ts"

const fileOf = (name: string) => join(import.meta.dirname, "../fixtures/spiece", `${name}.model`)
const tokenizer = openTokenizer(fileOf("t5"))

describe("tokenizeT5", () => {
  it("ends each prompt, pads it, and masks the padding", () => {
    const prompts = ["a photo of a dog", ""]
    const { attentionMask, inputIds, truncated } = tokenizeT5(tokenizer, prompts)
    assert.strictEqual(inputIds.length, 2 * promptLength)
    const ids = [...tokenizer.encode(prompts[0]!), 1]
    const row = (values: ReadonlyArray<number>) => [
      ...values,
      ...Array.from({ length: promptLength - values.length }, () => 0)
    ]
    assert.deepStrictEqual([...inputIds], [...row(ids), ...row([1])])
    assert.deepStrictEqual([...attentionMask], [...row(ids.map(() => 1)), ...row([1])])
    assert.deepStrictEqual(truncated, [])
  })

  it("cuts what is too long so that its end is marked", () => {
    const words = "an oil painting of a snowy mountain ".repeat(40)
    const { attentionMask, inputIds, truncated } = tokenizeT5(tokenizer, ["dog", words])
    assert.deepStrictEqual(truncated, [1])
    const second = [...inputIds.subarray(promptLength)]
    assert.deepStrictEqual(second, [...tokenizer.encode(words).slice(0, promptLength - 1), 1])
    assert.isTrue(attentionMask.subarray(promptLength).every((one) => one === 1))
  })

  it("keeps its promises for any text and length", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 80 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 100 }),
        (prompts, length) => {
          const { attentionMask, inputIds, truncated } = tokenizeT5(tokenizer, prompts, length)
          for (const [row, prompt] of prompts.entries()) {
            const [ids, mask] = [inputIds, attentionMask].map((all) =>
              all.subarray(row * length, (row + 1) * length)
            )
            const used = mask!.reduce((sum, one) => sum + one, 0)
            const whole = tokenizer.encode(prompt).length + 1
            assert.strictEqual(used, Math.min(length, whole))
            assert.strictEqual(truncated.includes(row), whole > length)
            assert.strictEqual(ids![used - 1], 1)
            assert.isTrue(ids!.subarray(used).every((id) => id === 0))
            assert.strictEqual(mask!.lastIndexOf(1), used - 1)
          }
        }
      )
    )
  })

  it("refuses T5's own marks, lengths that are none, and tokenizers that are not T5's", () => {
    for (const mark of ["</s>", "<pad>", "<unk>", "<extra_id_7>"]) {
      assert.throws(() => tokenizeT5(tokenizer, [`a ${mark} b`]), UserError, mark)
    }
    assert.throws(() => tokenizeT5(tokenizer, ["a"], 0), RangeError)
    assert.throws(() => tokenizeT5({ ...tokenizer, padId: undefined }, ["a"]), UserError, "padding")
  })
})

describe("preparePrompt", () => {
  it("lowers and strips as Python does", () => {
    // Each expectation is what `text.lower().strip()` gives in Python 3.11.
    const pairs = [
      ["  A Photo\n", "a photo"],
      ["\u001c\u0085\u00a0\u2003\u3000x\u001f", "x"],
      ["\ufeffx\u200b", "\ufeffx\u200b"],
      ["ΟΔΟΣ", "οδος"],
      ["İ", "i̇"],
      ["", ""]
    ] as const
    for (const [text, expected] of pairs) assert.strictEqual(preparePrompt(text), expected)
  })
})
