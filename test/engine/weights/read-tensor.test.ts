import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { mkdtempSync, realpathSync, truncateSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { openWeights } from "../../../src/engine/weights/open-weights.ts"
import { readTensor } from "../../../src/engine/weights/read-tensor.ts"
import { encodeSafetensors } from "../../../src/safetensors/encode.ts"
import { temporaryFolder } from "../../support/project.ts"
import { raw, type RawTensors, userError, writeShards } from "./files.ts"
import { bfloat16Value, float16Value } from "./half-precision.ts"

const root = realpathSync(temporaryFolder())
const written = (tensors: RawTensors) => {
  const file = path.join(mkdtempSync(path.join(root, "case-")), "model.safetensors")
  writeFileSync(file, encodeSafetensors(tensors))
  return openWeights(file)
}
const every16Bits = Uint16Array.from({ length: 65_536 }, (_, bits) => bits)

const assertSame = (values: ArrayLike<number>, expected: ArrayLike<number>) => {
  assert.strictEqual(values.length, expected.length)
  for (let index = 0; index < values.length; index++) {
    if (!Object.is(values[index], expected[index])) {
      assert.fail(`element ${index} is ${values[index]}, not ${expected[index]}`)
    }
  }
}

describe("readTensor", () => {
  it("converts every float16", () => {
    const weights = written({ all: raw("F16", [65_536], every16Bits) })
    assertSame(readTensor(weights, "all"), Array.from(every16Bits, float16Value))
  })

  it("converts every bfloat16", () => {
    const weights = written({ all: raw("BF16", [65_536], every16Bits) })
    assertSame(readTensor(weights, "all"), Array.from(every16Bits, bfloat16Value))
  })

  it("returns what was written, from any shard", () => {
    const float = fc.float32Array({ maxLength: 20 })
    fc.assert(
      fc.property(
        fc.array(float, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        (all, count) => {
          const shards: Record<string, Record<string, RawTensors[string]>> = {}
          for (const [index, data] of all.entries()) {
            const shard = (shards[`s${index % count}.safetensors`] ??= {})
            shard[`t${index}`] = raw("F32", [data.length], data)
          }
          const weights = openWeights(
            writeShards(mkdtempSync(path.join(root, "case-")), { shards })
          )
          for (const [index, data] of all.entries())
            assertSame(readTensor(weights, `t${index}`), data)
        }
      ),
      { numRuns: 40 }
    )
  })

  it("reads a tensor that is larger than a piece", () => {
    // Finite numbers only, whose bits can be compared at once.
    const data = Uint16Array.from({ length: 2_100_001 }, (_, index) => (index * 7919) % 0x7f80)
    const values = readTensor(written({ data: raw("BF16", [data.length], data) }), "data")
    const expected = Float32Array.from(data, bfloat16Value)
    assert.isTrue(Buffer.from(values.buffer).equals(Buffer.from(expected.buffer)))
  })

  it("reads integers, booleans and float64", () => {
    const weights = written({
      i64: raw("I64", [2], BigInt64Array.of(-(2n ** 24n), 2n ** 40n)),
      u64: raw("U64", [1], BigUint64Array.of(2n ** 63n)),
      i32: raw("I32", [2], Int32Array.of(-7, -(2 ** 31))),
      u32: raw("U32", [1], Uint32Array.of(2 ** 31)),
      i16: raw("I16", [1], Int16Array.of(-32_768)),
      u16: raw("U16", [1], Uint16Array.of(65_535)),
      i8: raw("I8", [1], Int8Array.of(-128)),
      u8: raw("U8", [1], Uint8Array.of(255)),
      bool: raw("BOOL", [2], Uint8Array.of(0, 1)),
      f64: raw("F64", [2], Float64Array.of(0.1, -1e300)),
      empty: raw("F16", [0, 3], new Uint16Array()),
      scalar: raw("F32", [], Float32Array.of(-0))
    })
    const expected = {
      i64: [-(2 ** 24), 2 ** 40],
      u64: [2 ** 63],
      i32: [-7, -(2 ** 31)],
      u32: [2 ** 31],
      i16: [-32_768],
      u16: [65_535],
      i8: [-128],
      u8: [255],
      bool: [0, 1],
      f64: [Math.fround(0.1), Number.NEGATIVE_INFINITY],
      empty: [],
      scalar: [-0]
    }
    for (const [name, values] of Object.entries(expected)) {
      assertSame(readTensor(weights, name), values)
    }
  })

  it("refuses an integer that float32 does not have", () => {
    const weights = written({
      ids: raw("I64", [2], BigInt64Array.of(1n, 2n ** 24n + 1n)),
      counts: raw("I32", [1], Int32Array.of(2 ** 24 + 1))
    })
    for (const name of ["ids", "counts"]) {
      assert.match(userError(() => readTensor(weights, name)).message, /an integer that float32/)
    }
  })

  it("refuses a dtype that it cannot read", () => {
    const weights = written({ tiny: raw("F8_E4M3", [1], Uint8Array.of(1)) })
    assert.match(userError(() => readTensor(weights, "tiny")).message, /tiny is F8_E4M3; those/)
  })

  it("names the nearest when there is no such tensor", () => {
    const weights = written({ "conv_in.weight": raw("U8", [1], Uint8Array.of(1)) })
    const error = userError(() => readTensor(weights, "conv_im.weight"))
    assert.match(error.message, /no tensor conv_im.weight/)
    assert.match(error.hint ?? "", /conv_in.weight/)
  })

  it("says when the file has become shorter", () => {
    const weights = written({ a: raw("F32", [2], new Float32Array(2)) })
    truncateSync(weights.path, weights.tensors.get("a")!.byteOffset + 7)
    assert.match(userError(() => readTensor(weights, "a")).message, /has become shorter/)
  })
})
