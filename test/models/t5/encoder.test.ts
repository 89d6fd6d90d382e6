/** The T5 encoder against transformers, and files of it in the forms that people have. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor2D } from "@tensorflow/tfjs"
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { tf } from "../../../src/engine/tf.ts"
import { loadT5Encoder } from "../../../src/models/t5/load.ts"
import { positionBucket } from "../../../src/models/t5/position-buckets.ts"
import { decodeSafetensors, type RawTensor } from "../../../src/safetensors/decode.ts"
import { encodeSafetensors } from "../../../src/safetensors/encode.ts"
import { raw, userError } from "../../engine/weights/files.ts"
import { float16Value } from "../../engine/weights/half-precision.ts"
import { isOk } from "../../parity/if/check.ts"
import { t5Check } from "../../parity/if/t5-check.ts"
import { sharedFile, temporaryFolder } from "../../support/project.ts"

const folder = sharedFile("fixtures", "if")

describe.skipIf(folder === undefined)("the T5 encoder", () => {
  const source = path.join(folder ?? "", "t5")
  const root = temporaryFolder()
  const original = (): Readonly<Record<string, RawTensor>> =>
    Object.fromEntries(
      decodeSafetensors(readFileSync(path.join(source, "model.safetensors"))).tensors
    )
  const folderWith = (tensors: Readonly<Record<string, RawTensor>>): string => {
    const made = mkdtempSync(path.join(root, "t5-"))
    copyFileSync(path.join(source, "config.json"), path.join(made, "config.json"))
    writeFileSync(path.join(made, "model.safetensors"), encodeSafetensors(tensors))
    return made
  }
  const encode = (from: string, mask = [1, 1, 1, 1, 0, 0], last = 0): Float32Array => {
    const { forward, state } = loadT5Encoder(from)
    const states = tf.tidy(() => {
      const ids = tf.tensor2d([[5, 17, 90, 1, 0, last]], [1, 6], "int32")
      return forward(state, ids, tf.tensor2d([mask], [1, 6], "int32")).dataSync<"float32">()
    })
    tf.dispose(Object.values(state))
    return states
  }

  it("computes what transformers does, at every block", async () => {
    const rows = await t5Check.rows(folder!)
    assert.isAbove(rows.length, 8)
    assert.deepStrictEqual(
      rows.filter((row) => !isOk(row)),
      []
    )
  })
  it("takes the table of embeddings under either name, or both", () => {
    const { "shared.weight": table, ...others } = original()
    const expected = encode(source)
    const second = { "encoder.embed_tokens.weight": table! }
    assert.deepStrictEqual(encode(folderWith({ ...original(), ...second })), expected)
    assert.deepStrictEqual(encode(folderWith({ ...others, ...second })), expected)
    assert.include(userError(() => encode(folderWith(others))).message, "shared.weight")
    const small = { "encoder.embed_tokens.weight": raw("F32", [1, 64], new Float32Array(64)) }
    const both = folderWith({ ...original(), ...small })
    assert.include(userError(() => encode(both)).message, "encoder.embed_tokens.weight")
  })
  it("takes float16 weights among float32 ones, as the same numbers", () => {
    const [halves, floats] = [{}, {}] as [Record<string, RawTensor>, Record<string, RawTensor>]
    for (const [name, tensor] of Object.entries(original())) {
      if (name.endsWith("DenseReluDense.wo.weight")) {
        halves[name] = tensor
        floats[name] = tensor
        continue
      }
      // Numbers of float16 in the place of these: what they are does not matter.
      const bits = Uint16Array.from({ length: tensor.bytes.byteLength / 4 }, (_, at) => {
        const magnitude = 0x2c00 + ((at * 37) % 2048)
        return at % 3 === 0 ? magnitude + 0x8000 : magnitude
      })
      halves[name] = raw("F16", tensor.shape, bits)
      floats[name] = raw("F32", tensor.shape, Float32Array.from(bits, float16Value))
    }
    const states = encode(folderWith(halves))
    assert.isTrue(states.every((value) => Number.isFinite(value)))
    assert.deepStrictEqual(states, encode(folderWith(floats)))
  })
  it("looks at no token that is masked", () => {
    const tokens = 4 * 64
    const kept = (states: Float32Array) => states.subarray(0, tokens)
    const one = encode(source)
    assert.deepStrictEqual(kept(encode(source, [1, 1, 1, 1, 0, 0], 99)), kept(one))
    assert.notDeepEqual(kept(encode(source, [1, 1, 1, 1, 0, 1], 99)), kept(one))
  })
  it("refuses ids that are no int32, and a mask of another shape", () => {
    const { forward, state } = loadT5Encoder(source)
    tf.tidy(() => {
      const ids: Tensor2D = tf.zeros([1, 6], "int32")
      assert.throws(() => forward(state, tf.zeros([1, 6]), ids), RangeError, "should be int32")
      assert.throws(
        () => forward(state, ids, tf.zeros([1, 5])),
        RangeError,
        "the encoder's mask should be [1,6], got [1,5]"
      )
    })
    tf.dispose(Object.values(state))
  })
})

describe("the classes of distances", () => {
  const config = fc
    .record({ quarter: fc.integer({ min: 1, max: 32 }), more: fc.integer({ min: 1, max: 500 }) })
    .map(({ more, quarter }) => ({ positionBuckets: 4 * quarter, maxDistance: quarter + more }))

  it("are all there are, rise with the distance, and are halves for the two directions", () => {
    fc.assert(
      fc.property(config, (config) => {
        const half = config.positionBuckets / 2
        let before = 0
        for (let distance = 0; distance <= config.maxDistance + 5; distance++) {
          const earlier = positionBucket(-distance, config)
          assert.isAtLeast(earlier, before)
          assert.isBelow(earlier, half)
          if (distance > 0) assert.strictEqual(positionBucket(distance, config), half + earlier)
          before = earlier
        }
        assert.strictEqual(before, half - 1)
        for (let distance = 0; distance < half / 2; distance++) {
          assert.strictEqual(positionBucket(-distance, config), distance)
        }
      })
    )
  })
})
