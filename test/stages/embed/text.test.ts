/** Prompts through tokenizer and encoder. */
import { assert, beforeAll, describe, it } from "vitest"
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { UserError } from "../../../src/base/user-error.ts"
import { tf } from "../../../src/engine/tf.ts"
import { encodeTokens } from "../../../src/models/t5/encode-tokens.ts"
import { loadT5Encoder } from "../../../src/models/t5/load.ts"
import { decodeSafetensors } from "../../../src/safetensors/decode.ts"
import { encodeSafetensors } from "../../../src/safetensors/encode.ts"
import { printType } from "../../../src/values/type-expression.ts"
import { typeOf } from "../../../src/values/codec.ts"
import stage from "../../../stages/embed/text.ts"
import { raw } from "../../engine/weights/files.ts"
import { largestError, readReference } from "../../parity/if/reference.ts"
import { sharedFile, temporaryFolder } from "../../support/project.ts"
import { runStage } from "../../support/run-stage.ts"
import { sourceFolder } from "../../support/source-folder.ts"
import { roundTrip } from "../../values/stored-value.ts"

const t5 = sharedFile("fixtures", "if", "t5")
const spiece = path.join(import.meta.dirname, "../../fixtures/spiece")
const cases = JSON.parse(readFileSync(path.join(spiece, "expected.json"), "utf8")) as {
  readonly texts: ReadonlyArray<string>
  readonly t5: {
    readonly size: number
    readonly cases: ReadonlyArray<readonly [ids: ReadonlyArray<number>, text: string]>
  }
}
const root = temporaryFolder()
const context = { progress: () => {}, signal: new AbortController().signal }

describe.skipIf(t5 === undefined)("encodeTokens", () => {
  it("computes the reference's states of its texts, reporting how far it is", async () => {
    const reference = readReference(path.join(t5!, "io.safetensors"))
    const encoder = loadT5Encoder(t5!)
    const told: Array<readonly [number, number]> = []
    for (const [name, length] of [
      ["case0", 77],
      ["case1", 170]
    ] as const) {
      const tokens = {
        inputIds: reference.integers(`${name}.input_ids`),
        attentionMask: reference.integers(`${name}.attention_mask`)
      }
      const states = await encodeTokens(encoder, tokens, length, {
        ...context,
        progress: (done, total) => told.push([done, total])
      })
      const expected = reference.expected(`${name}.last_hidden_state`)
      const error = tf.tidy(() => largestError(tf.tensor(states, [...expected.shape]), expected))
      // As the encoder's own tests.
      assert.isAtMost(error, 1e-5)
    }
    assert.deepStrictEqual(told, [
      [3, 3],
      [1, 1]
    ])
    tf.dispose(Object.values(encoder.state))
  })
})

describe.skipIf(t5 === undefined)("embed/text", () => {
  /** The fixture's encoder with rows for all pieces of the fixture's tokenizer. */
  let folder = ""
  const copyWithout = (missing: string): string => {
    const copy = mkdtempSync(path.join(root, "t5-"))
    for (const name of [
      "text_encoder/config.json",
      "text_encoder/model.safetensors",
      "tokenizer/spiece.model"
    ]) {
      if (name === missing) continue
      mkdirSync(path.dirname(path.join(copy, name)), { recursive: true })
      copyFileSync(path.join(folder, name), path.join(copy, name))
    }
    return copy
  }
  beforeAll(() => {
    folder = mkdtempSync(path.join(root, "t5-"))
    mkdirSync(path.join(folder, "text_encoder"))
    mkdirSync(path.join(folder, "tokenizer"))
    copyFileSync(path.join(spiece, "t5.model"), path.join(folder, "tokenizer", "spiece.model"))
    const config = JSON.parse(readFileSync(path.join(t5!, "config.json"), "utf8")) as object
    const pieces = cases.t5.size
    const encoderFile = (name: string) => path.join(folder, "text_encoder", name)
    writeFileSync(encoderFile("config.json"), JSON.stringify({ ...config, vocab_size: pieces }))
    const { tensors } = decodeSafetensors(readFileSync(path.join(t5!, "model.safetensors")))
    const rows = Float32Array.from({ length: pieces * 64 }, (_, i) => Math.sin(1.1 * i))
    const { "shared.weight": _, ...others } = Object.fromEntries(tensors)
    const table = raw("F32", [pieces, 64], rows)
    writeFileSync(
      encoderFile("model.safetensors"),
      encodeSafetensors({ ...others, "shared.weight": table })
    )
  })
  const embed = async (prompts: ReadonlyArray<string>, params: object = {}, from = folder) => {
    const { embedding } = await runStage(
      stage,
      {},
      { folder: from, prompts, ...params },
      { folders: { folder: sourceFolder(from) } }
    )
    return embedding
  }
  const refused = async (from: string, prompts: ReadonlyArray<string> = [""], params = {}) => {
    try {
      await embed(prompts, params, from)
    } catch (error) {
      if (error instanceof UserError) return error
      throw error
    }
    return assert.fail("it was taken")
  }

  it("gives the encoder the ids that SentencePiece gives the prepared prompt, and keeps the prompt as it was", async () => {
    const at = cases.texts.indexOf("a photo of the amalfi cost")
    const ids = [...cases.t5.cases[at]![0], 1]
    const written = " A Photo of the AMALFI cost\n"
    const { data, kind, mask, prompts, shape } = await embed([written, ""])
    assert.deepStrictEqual([kind, prompts, shape], ["text", [written, ""], [2, 77, 64]])
    assert.deepStrictEqual(
      [...mask!],
      [...Array.from({ length: 77 }, (_, i) => (i < ids.length ? 1 : 0)), 1, ...Array(76).fill(0)]
    )
    const { forward, state } = loadT5Encoder(path.join(folder, "text_encoder"))
    const expected = tf.tidy(() => {
      const padded = [...ids, ...Array<number>(77 - ids.length).fill(0)]
      const row = tf.tensor2d([padded, padded], [2, 77], "int32")
      const attended = tf.tensor2d(
        padded.concat(padded).map((_, i) => (i % 77 < ids.length ? 1 : 0)),
        [2, 77],
        "int32"
      )
      return forward(state, row, attended)
        .dataSync<"float32">()
        .slice(0, 77 * 64)
    })
    tf.dispose(Object.values(state))
    const largest = expected.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - data[i]!)),
      0
    )
    assert.isAtMost(largest, 1e-5)
  })

  it("embeds a prompt alone as among others, to the last bit", async () => {
    const prompts = ["a dog", "a red barn", "", "an old sailor", "the moon", "snow"]
    const all = await embed(prompts, { tokens: 12 })
    const size = 12 * 64
    for (const [row, prompt] of prompts.entries()) {
      const alone = await embed([prompt], { tokens: 12 })
      assert.deepStrictEqual(alone.data, all.data.slice(row * size, (row + 1) * size))
    }
    assert.deepStrictEqual(roundTrip(all), all)
    assert.strictEqual(printType(typeOf(all)), "Embedding[6,64]")
  })

  it("says which prompts have lost their end, and frees the encoder", async () => {
    const log: Array<string> = []
    const before = tf.memory().numTensors
    const params = { folder, prompts: ["a dog", "an oil painting of a snowy mountain"], tokens: 4 }
    await runStage(stage, {}, params, {
      folders: { folder: sourceFolder(folder) },
      log: (line) => log.push(line)
    })
    assert.deepStrictEqual(log, [
      '"an oil painting of a snowy mountain" has more than 4 tokens, and has lost its end'
    ])
    assert.strictEqual(tf.memory().numTensors, before)
  })

  it("refuses folders without an encoder or a tokenizer, and those that are not of one model", async () => {
    for (const name of ["tokenizer/spiece.model", "text_encoder/config.json"]) {
      const { hint, message } = await refused(copyWithout(name))
      assert.include(message, `/${name}`)
      assert.include(hint, "text_encoder/ and tokenizer/")
    }
    const without = copyWithout("text_encoder/model.safetensors")
    assert.include((await refused(without)).message, "holds no safetensors file")
    const small = copyWithout("")
    for (const name of ["config.json", "model.safetensors"]) {
      writeFileSync(path.join(small, "text_encoder", name), readFileSync(path.join(t5!, name)))
    }
    const { message } = await refused(small)
    assert.include(message, `has ${cases.t5.size} pieces, its text encoder 128`)
    assert.include((await refused(path.join(root, "none"))).message, "cannot be read")
    assert.include((await refused(folder, ["a </s> b"])).message, "a mark of T5's own")
  })
})
