/** Embeddings from the files of other programs. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { UserError } from "../../../src/base/user-error.ts"
import { encodeSafetensors } from "../../../src/safetensors/encode.ts"
import type { RawTensor } from "../../../src/safetensors/decode.ts"
import { decodeTensorDict } from "../../../src/tensor-files/pth.ts"
import { parseType } from "../../../src/values/type-expression.ts"
import { typeOf } from "../../../src/values/codec.ts"
import stage from "../../../stages/embed/load.ts"
import { raw } from "../../engine/weights/files.ts"
import { float16Value } from "../../engine/weights/half-precision.ts"
import { checkStage, decodeParams, runStage } from "../../support/run-stage.ts"
import { expected, fixture } from "../../tensor-files/expected.ts"
import { encodeNpy } from "../../tensor-files/npy-bytes.ts"

const load = async (path: string, bytes: Uint8Array, params: object = {}) => {
  const file = { path, read: () => Promise.resolve(bytes) }
  const { embedding } = await runStage(stage, {}, { path, ...params }, { files: { path: file } })
  return embedding
}
const refused = async (
  path: string,
  bytes: Uint8Array,
  params: object = {}
): Promise<UserError> => {
  try {
    await load(path, bytes, params)
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  return assert.fail("it was taken")
}
const floats = (shape: ReadonlyArray<number>, first = 0): RawTensor => {
  const size = shape.reduce((product, dim) => product * dim, 1)
  return raw(
    "F32",
    shape,
    Float32Array.from({ length: size }, (_, i) => first + i / 4)
  )
}

describe("embed/load", () => {
  it("reads what torch.save wrote of a course's prompts, to the byte", async () => {
    const bytes = readFileSync(fixture("embeddings.pth"))
    const embedding = await load("embeddings.pth", bytes)
    const described = expected.pth["embeddings"]!
    assert.deepStrictEqual(
      embedding.prompts,
      described.map(([keys]) => String(keys[0]))
    )
    assert.deepStrictEqual(embedding.shape, [described.length, 77, 8])
    assert.strictEqual(embedding.kind, "text")
    const stored = [...decodeTensorDict(bytes).values()].map((tensor) => tensor.bytes)
    const halves = new Uint16Array(new Uint8Array(Buffer.concat(stored)).buffer)
    assert.deepStrictEqual(embedding.data, Float32Array.from(halves, float16Value))
  })

  it("reads any numbers of float32, float16 and bfloat16 exactly, from all formats", async () => {
    const finite16 = fc
      .integer({ min: 0, max: 0xffff })
      .filter((bits) => (bits & 0x7c00) !== 0x7c00)
    const finiteB16 = fc
      .integer({ min: 0, max: 0xffff })
      .filter((bits) => (bits & 0x7f80) !== 0x7f80)
    const wide = (half: number) => new Float32Array(Uint32Array.of(half << 16).buffer)[0]!
    const of6 = { minLength: 6, maxLength: 6 }
    const halves = fc.oneof(
      fc.array(finite16, of6).map((bits) => ({
        tensor: raw("F16", [1, 2, 3], Uint16Array.from(bits)),
        values: Float32Array.from(bits, float16Value)
      })),
      fc.array(finiteB16, of6).map((bits) => ({
        tensor: raw("BF16", [2, 3], Uint16Array.from(bits)),
        values: Float32Array.from(bits, wide)
      })),
      fc
        .float32Array({ ...of6, noNaN: true, noDefaultInfinity: true })
        .map((values) => ({ tensor: raw("F32", [2, 3], values), values }))
    )
    const prompt = fc.string({ unit: "grapheme" }).filter((text) => text !== "__metadata__")
    await fc.assert(
      fc.asyncProperty(halves, prompt, async ({ tensor, values }, text) => {
        const found = await load("x.safetensors", encodeSafetensors({ [text]: tensor }))
        assert.deepStrictEqual(found.prompts, [text])
        assert.deepStrictEqual(found.shape, [1, 2, 3])
        assert.deepStrictEqual(found.data, values)
        if (tensor.dtype === "BF16") return
        const npy = await load("x.npy", encodeNpy(tensor), { prompt: text })
        assert.deepStrictEqual(npy, found)
      })
    )
  })

  it("says its type beforehand as far as the file's name tells it", async () => {
    const known = { dims: {}, attributes: {}, connected: {} }
    const bound = (path: string) => stage.bind?.(decodeParams(stage, { path }), known)
    assert.deepStrictEqual(bound("a.npy"), { P: 1 })
    assert.deepStrictEqual(bound("a.pth"), {})
    const embedding = await load("a.npy", encodeNpy(floats([2, 3])), { prompt: "" })
    assert.deepStrictEqual(typeOf(embedding), parseType("Embedding[1,3]"))
  })

  it("finds before a run what a file's name and a prompt do not go with", () => {
    const messages = (params: object) => checkStage(stage, params).map(({ message }) => message)
    assert.deepStrictEqual(messages({ path: "a.npy", prompt: "" }), [])
    assert.deepStrictEqual(messages({ path: "a.pt" }), [])
    assert.deepStrictEqual(messages({ path: "a.csv" }), [
      "a.csv is no file of embeddings by its name"
    ])
    assert.deepStrictEqual(messages({ path: "a.npy" }), [
      "a.npy does not say of which prompt it is the embedding"
    ])
    assert.deepStrictEqual(messages({ path: "a.pth", prompt: "x" }), [
      "prompts of a.pth are in the file"
    ])
  })

  it("refuses what is no embedding, naming it", async () => {
    const file = (tensors: Readonly<Record<string, RawTensor>>) => encodeSafetensors(tensors)
    const cases: ReadonlyArray<readonly [Uint8Array, string]> = [
      [file({}), "holds no tensor"],
      [
        file({ one: floats([2, 3]), two: floats([1, 2, 4]) }),
        'x.safetensors: the embedding of "one" has 2 × 3 numbers, that of "two" 2 × 4'
      ],
      [file({ flat: floats([6]) }), '"flat" is [6], not an embedding'],
      [file({ two: floats([2, 2, 3]) }), '"two" is [2,2,3], not an embedding'],
      [file({ none: floats([0, 3]) }), '"none" is [0,3], not an embedding'],
      [file({ ids: raw("I64", [1, 1], BigInt64Array.of(1n)) }), '"ids" is I64'],
      [
        file({ inf: raw("F16", [1, 1], Uint16Array.of(0x7c00)) }),
        'of "inf" holds numbers that are'
      ],
      [new Uint8Array(20), "x.safetensors"]
    ]
    for (const [bytes, message] of cases) {
      assert.include((await refused("x.safetensors", bytes)).message, message)
    }
    assert.include(
      (await refused("x.pth", Buffer.from("not zip"))).message,
      "no file of torch.save"
    )
    assert.include((await refused("x.npy", Buffer.from("?"), { prompt: "" })).message, ".npy file")
  })
})
