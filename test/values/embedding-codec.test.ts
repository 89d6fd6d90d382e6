import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { UserError } from "../../src/base/user-error.ts"
import { rawTensor } from "../../src/safetensors/typed-array.ts"
import { encodeSafetensors } from "../../src/safetensors/encode.ts"
import { decodeValue, encodeValue, typeOf } from "../../src/values/codec.ts"
import { printType } from "../../src/values/type-expression.ts"
import type { Embedding } from "../../src/values/values.ts"
import { anyEmbedding } from "./estimator-parts.ts"
import { roundTrip, stored } from "./stored-value.ts"

const dogs: Embedding = {
  type: "Embedding",
  kind: "text",
  prompts: ["a dog", ""],
  shape: [2, 1, 3],
  data: Float32Array.of(1, 2, 3, 4, 5, 6),
  mask: Int32Array.of(1, 0)
}

describe("the codec of embeddings", () => {
  it("gives back every embedding, bit by bit, its prompts to the byte, and equal ones equal bytes", () => {
    fc.assert(
      fc.property(anyEmbedding, (embedding) => {
        const back = roundTrip(embedding)
        assert.deepStrictEqual(back, embedding)
        assert.deepStrictEqual(encodeValue(back), encodeValue(embedding))
      })
    )
    // One letter in two ways: another prompt, and as many bytes as were written.
    const composed = { ...dogs, prompts: ["caf\u00e9", "cafe\u0301"] }
    assert.deepStrictEqual(roundTrip(composed), composed)
  })

  it("says how many prompts there are, and how wide", () => {
    assert.strictEqual(printType(typeOf(dogs)), "Embedding[2,3]")
  })

  it.each([
    ["a prompt twice", { ...dogs, prompts: ["", ""] }, "each once"],
    ["too few prompts", { ...dogs, prompts: [""] }, "1 prompts for 2 embeddings"],
    ["too few numbers", { ...dogs, data: new Float32Array(5) }, "are not 5 numbers"],
    ["a mask of another size", { ...dogs, mask: Int32Array.of(1) }, "a mask of 2 × 1 tokens"]
  ] as const)("refuses %s from a stage", (_, wrong, message) => {
    assert.throws(() => encodeValue(wrong), TypeError, message)
  })

  const files = encodeValue(dogs).files
  const json = (value: unknown) => Buffer.from(JSON.stringify(value))
  const tensors = (embeddings: Float32Array | Int32Array, shape: ReadonlyArray<number>) =>
    encodeSafetensors({ embeddings: rawTensor(embeddings, shape) })
  it.each([
    ["no description", { "embedding.json": Buffer.from("[]") }, "embedding.json is not an object"],
    ["no JSON", { "embedding.json": Buffer.from("{") }, "is not JSON"],
    [
      "another kind",
      { "embedding.json": json({ kind: "images", prompts: ["a dog", ""] }) },
      "needs a kind"
    ],
    [
      "prompts that are no texts",
      { "embedding.json": json({ kind: "text", prompts: [1, 2] }) },
      "different prompts"
    ],
    [
      "fewer prompts than embeddings",
      { "embedding.json": json({ kind: "text", prompts: ["a dog"] }) },
      "1 prompts for 2"
    ],
    [
      "numbers of another kind",
      { "embedding.safetensors": tensors(new Int32Array(6), [2, 1, 3]) },
      "float32"
    ],
    [
      "another rank",
      { "embedding.safetensors": tensors(new Float32Array(6), [2, 3]) },
      "of rank 3"
    ],
    ["no tensors", { "embedding.safetensors": Buffer.from("?") }, "embedding.safetensors"]
  ] as const)("refuses stored files with %s", (_, changed, message) => {
    const all: Readonly<Record<string, Uint8Array>> = { ...files, ...changed }
    const value = { type: "Embedding[2,3]", meta: {}, files: all }
    assert.throws(() => decodeValue(stored(value), (name) => all[name]!), UserError, message)
  })
})
