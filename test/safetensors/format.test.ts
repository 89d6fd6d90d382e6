import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { execFileSync, spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import { decodeSafetensors, type RawTensor } from "../../src/safetensors/decode.ts"
import { dtypes, dtypeSizes } from "../../src/safetensors/dtype.ts"
import { encodeSafetensors } from "../../src/safetensors/encode.ts"
import golden from "../parity/safetensors_file.json" with { type: "json" }
import { temporaryFolder } from "../support/project.ts"

const tensor: fc.Arbitrary<RawTensor> = fc
  .tuple(
    fc.constantFrom(...dtypes),
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    fc.integer({ min: 0, max: 255 })
  )
  .map(([dtype, shape, fill]) => ({
    dtype,
    shape,
    bytes: new Uint8Array(shape.reduce((product, dim) => product * dim, dtypeSizes[dtype])).map(
      (_, i) => (fill + i * 31) % 256
    )
  }))
const name = fc.string({ unit: "grapheme" }).filter((n) => n !== "__metadata__")
const tensors = fc.dictionary(name, tensor, { maxKeys: 6, noNullPrototype: true })
const metadata = fc.dictionary(fc.string({ minLength: 1 }), fc.string(), {
  maxKeys: 3,
  noNullPrototype: true
})

/** A file with a header as given; the length can be a lie. */
const fileOf = (header: string | Uint8Array, data = 0, length?: bigint) => {
  const text = Buffer.from(header)
  const file = Buffer.alloc(8 + text.byteLength + data)
  file.writeBigUInt64LE(length ?? BigInt(text.byteLength))
  text.copy(file, 8)
  return file
}

const one = (entry: object) => JSON.stringify({ a: entry })

describe("safetensors", () => {
  it("reads what it wrote, bit by bit", () => {
    fc.assert(
      fc.property(tensors, metadata, (written, notes) => {
        const read = decodeSafetensors(encodeSafetensors(written, notes))
        assert.deepStrictEqual(
          Object.fromEntries(
            [...read.tensors].map(([key, { bytes, dtype, shape }]) => [
              key,
              { dtype, shape, bytes: new Uint8Array(bytes) }
            ])
          ),
          written
        )
        assert.deepStrictEqual(read.metadata, notes)
      })
    )
  })

  it("writes equal bytes whatever the order of the tensors", () => {
    fc.assert(
      fc.property(tensors, metadata, (written, notes) => {
        const reversed = <V>(record: Readonly<Record<string, V>>) =>
          Object.fromEntries(Object.entries(record).toReversed())
        assert.deepStrictEqual(
          encodeSafetensors(reversed(written), reversed(notes)),
          encodeSafetensors(written, notes)
        )
      })
    )
  })

  it("reads a file of the reference implementation", () => {
    const { metadata, tensors } = decodeSafetensors(Buffer.from(golden.file, "base64"))
    assert.deepStrictEqual(metadata, { made: "by the reference implementation" })
    assert.deepStrictEqual(
      Object.fromEntries(
        [...tensors].map(([key, { bytes, shape }]) => [
          key,
          { shape: [...shape], bytes: Buffer.from(bytes).toString("base64") }
        ])
      ),
      golden.tensors
    )
  })

  it("writes the reference implementation's bytes", () => {
    const { metadata, tensors } = decodeSafetensors(Buffer.from(golden.file, "base64"))
    const again = encodeSafetensors(Object.fromEntries(tensors), metadata)
    assert.strictEqual(Buffer.from(again).toString("base64"), golden.file)
  })

  const python = spawnSync("python3", ["--version"]).status === 0
  it.skipIf(!python)("is read by a program that shares no code with it", () => {
    const file = path.join(temporaryFolder(), "values.safetensors")
    const values = Float32Array.of(0.5, -1, 3e-9, 250)
    const bytes = new Uint8Array(values.buffer)
    writeFileSync(file, encodeSafetensors({ data: { dtype: "F32", shape: [2, 2], bytes } }))
    const script = `
import json, struct, sys
with open(sys.argv[1], "rb") as file:
    length, = struct.unpack("<Q", file.read(8))
    header = json.loads(file.read(length))
    data = file.read()
begin, end = header["data"]["data_offsets"]
assert length % 8 == 0 and end == len(data)
print(json.dumps([header["data"]["dtype"], header["data"]["shape"], struct.unpack("<4f", data[begin:end])]))
`
    const printed = execFileSync("python3", ["-c", script, file], { encoding: "utf8" })
    assert.deepStrictEqual(JSON.parse(printed), ["F32", [2, 2], [...values]])
  })

  const broken: ReadonlyArray<readonly [what: string, file: Uint8Array, message: RegExp]> = [
    ["nothing", new Uint8Array(0), /0 bytes, too few/],
    ["a cut header length", new Uint8Array(7), /7 bytes, too few/],
    ["a huge header length", fileOf("{}", 0, 2n ** 63n), /more than the format's 100000000/],
    ["a header longer than the file", fileOf("{}", 0, 3n), /the file ends before that/],
    ["a header that is no object", fileOf("[]"), /does not start with \{/],
    ["bad JSON", fileOf('{"a": '), /not JSON/],
    ["bad UTF-8", fileOf(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /not UTF-8/],
    ["an unknown dtype", fileOf(one({ dtype: "F7", shape: [1], data_offsets: [0, 1] }), 1), /"F7"/],
    ["no dtype", fileOf(one({ shape: [1], data_offsets: [0, 1] }), 1), /dtype/],
    [
      "a dtype from the prototype",
      fileOf(one({ dtype: "toString", shape: [1], data_offsets: [0, 1] }), 1),
      /"toString"/
    ],
    [
      "a negative dimension",
      fileOf(one({ dtype: "U8", shape: [-1], data_offsets: [0, 1] }), 1),
      /shape \[-1\]/
    ],
    [
      "a fractional dimension",
      fileOf(one({ dtype: "U8", shape: [0.5], data_offsets: [0, 1] }), 1),
      /shape \[0.5\]/
    ],
    ["no offsets", fileOf(one({ dtype: "U8", shape: [1] }), 1), /offsets/],
    [
      "offsets beyond the file",
      fileOf(one({ dtype: "U8", shape: [9], data_offsets: [0, 9] }), 1),
      /bytes 0 to 9/
    ],
    [
      "a shape that needs an exabyte",
      fileOf(one({ dtype: "F64", shape: [2 ** 40, 2 ** 40], data_offsets: [0, 8] }), 8),
      /but has 8/
    ],
    [
      "a shape that the bytes do not fill",
      fileOf(one({ dtype: "F32", shape: [2], data_offsets: [0, 4] }), 4),
      /8 bytes, but has 4/
    ],
    [
      "bytes of an empty shape",
      fileOf(one({ dtype: "F32", shape: [0, 3], data_offsets: [0, 4] }), 4),
      /but has 4/
    ],
    [
      "a hole",
      fileOf(one({ dtype: "U8", shape: [1], data_offsets: [1, 2] }), 2),
      /hole of 1 bytes/
    ],
    [
      "an overlap",
      fileOf(
        JSON.stringify({
          a: { dtype: "U8", shape: [2], data_offsets: [0, 2] },
          b: { dtype: "U8", shape: [2], data_offsets: [1, 3] }
        }),
        3
      ),
      /overlaps/
    ],
    [
      "bytes behind the tensors",
      fileOf(one({ dtype: "U8", shape: [1], data_offsets: [0, 1] }), 2),
      /the file at/
    ],
    [
      "a tensor named twice",
      fileOf(
        '{"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, "\\u0061" : {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}',
        1
      ),
      /names "a" twice/
    ],
    [
      "a dtype given twice",
      fileOf('{"a": {"dtype": "U8", "dtype": "I8", "shape": [1], "data_offsets": [0, 1]}}', 1),
      /names "dtype" twice/
    ],
    ["metadata given twice", fileOf('{"__metadata__": {"k": "1", "k": "2"}}'), /names "k" twice/],
    [
      "a negative offset",
      fileOf(one({ dtype: "U8", shape: [1], data_offsets: [-1, 0] }), 1),
      /offsets \[-1,0\]/
    ],
    [
      "offsets the wrong way round",
      fileOf(one({ dtype: "U8", shape: [1], data_offsets: [1, 0] }), 1),
      /bytes 1 to 0/
    ],
    [
      "offsets beyond what numbers can say",
      fileOf('{"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 9007199254740993]}}', 1),
      /offsets \[0,9007199254740992\]/
    ],
    [
      "a shape whose product is zero only by overflow",
      fileOf(one({ dtype: "U8", shape: Array(64).fill(2 ** 32), data_offsets: [0, 0] })),
      /Infinity bytes, but has 0/
    ],
    [
      "a shape nested without end",
      fileOf(
        `{"a": {"dtype": "U8", "shape": ${"[".repeat(1e5)}${"]".repeat(1e5)}, "data_offsets": [0, 1]}}`,
        1
      ),
      /the shape \[… 1 items\]/
    ],
    [
      "a pointer of Git LFS",
      Buffer.from("version https://git-lfs.github.com/spec/v1"),
      /more than/
    ],
    ["metadata that is no text", fileOf('{"__metadata__": {"a": 1}}'), /map text to text/]
  ]
  it.each(broken)("refuses %s", (_, file, message) => {
    assert.throws(
      () => decodeSafetensors(file, "weights.safetensors"),
      UserError,
      "weights.safetensors"
    )
    assert.throws(() => decodeSafetensors(file), message)
  })

  it("takes equal keys of different objects for what they are", () => {
    const entry = (begin: number) => ({ dtype: "U8", shape: [1], data_offsets: [begin, begin + 1] })
    const header = {
      __metadata__: { a: 'x":', "\\": "a" },
      a: entry(0),
      'b"': entry(1),
      dtype: entry(2)
    }
    const { metadata, tensors } = decodeSafetensors(fileOf(JSON.stringify(header, null, 1), 3))
    assert.deepStrictEqual([...tensors.keys()], ["a", 'b"', "dtype"])
    assert.deepStrictEqual(metadata, header.__metadata__)
  })

  it.each([
    ["version https://git-lfs.github.com/spec/v1", /git lfs pull/],
    ["PK\u0003\u0004 a zip of tensors", /save_file/],
    ["<!doctype html>", /download the file itself/]
  ])("says what %j is", (text, hint) => {
    try {
      decodeSafetensors(Buffer.from(text))
      assert.fail("read it")
    } catch (error) {
      assert.instanceOf(error, UserError)
      assert.match(error.hint ?? "", hint)
    }
  })

  it("reads or refuses a damaged file, and never breaks", () => {
    const sound = encodeSafetensors(
      {
        a: { dtype: "F32", shape: [2, 3], bytes: new Uint8Array(24) },
        b: { dtype: "U8", shape: [5], bytes: new Uint8Array(5) }
      },
      { note: "x" }
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(sound.length),
        (changes, length) => {
          const file = Uint8Array.from(sound)
          for (const [at, byte] of changes) file[at] = byte
          try {
            decodeSafetensors(file.subarray(0, length))
          } catch (error) {
            assert.instanceOf(error, UserError)
          }
        }
      ),
      { numRuns: 2000 }
    )
  })

  it("refuses to write a tensor whose bytes do not fill it", () => {
    assert.throws(
      () => encodeSafetensors({ a: { dtype: "F32", shape: [2], bytes: new Uint8Array(4) } }),
      /8 bytes, got 4/
    )
  })
})
