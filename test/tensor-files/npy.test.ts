import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { readFileSync } from "node:fs"
import { UserError } from "../../src/base/user-error.ts"
import { dtypeSizes } from "../../src/safetensors/dtype.ts"
import { decodeNpy } from "../../src/tensor-files/npy.ts"
import { assertTensor, expected, fixture, mistake } from "./expected.ts"
import { encodeNpy, npyFile } from "./npy-bytes.ts"

const refused = new Set(["records", "texts"])

describe("decodeNpy", () => {
  it.each(Object.keys(expected.npy).filter((name) => !refused.has(name)))(
    "reads %s.npy as NumPy does",
    (name) => {
      const described = expected.npy[name]!
      const found = decodeNpy(readFileSync(fixture(`${name}.npy`)), name)
      assertTensor(found, described, name)
      const letter = { f: "F", i: "I", u: "U", b: "BOOL" }[described.dtype[0]!]!
      const dtype = letter === "BOOL" ? letter : `${letter}${Number(described.dtype.slice(1)) * 8}`
      assert.strictEqual(found.dtype, dtype)
    }
  )

  it("gives back what was written", () => {
    const tensor = fc
      .record({
        dtype: fc.constantFrom(
          "F16" as const,
          "F32" as const,
          "F64" as const,
          "I32" as const,
          "I64" as const,
          "U8" as const
        ),
        shape: fc.array(fc.nat(4), { maxLength: 4 })
      })
      .chain(({ dtype, shape }) => {
        const size = shape.reduce((a, b) => a * b, dtypeSizes[dtype])
        return fc
          .uint8Array({ minLength: size, maxLength: size })
          .map((bytes) => ({ dtype, shape, bytes }))
      })
    fc.assert(
      fc.property(tensor, (written) => {
        const { bytes, dtype, shape } = decodeNpy(encodeNpy(written))
        assert.deepStrictEqual([dtype, shape], [written.dtype, written.shape])
        assert.isTrue(Buffer.from(bytes).equals(written.bytes))
      })
    )
  })

  it("refuses records and texts, and says how to go on", () => {
    const read = (name: string) => () => decodeNpy(readFileSync(fixture(`${name}.npy`)), name)
    assert.include(mistake(read("records")).message, "it holds records of several fields")
    assert.include(mistake(read("texts")).message, 'its elements are "<U2"')
    assert.include(mistake(read("texts")).hint ?? "", "numpy.save")
  })

  it("refuses headers that are none", () => {
    const four = new Uint8Array(16)
    const shape = "'shape': (4,)"
    for (const [header, problem] of [
      ["", "its header is"],
      ["{}", "its header is"],
      [`{'descr': '<f4', ${shape}}`, "its header is"],
      [`{'descr': '<f4', 'fortran_order': False, ${shape}, 'more': 'x'}`, "its header is"],
      [`{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, ${shape}}`, "its header is"],
      ["{'descr': '<f4', 'fortran_order': False, 'shape': (-4,)}", "its header is"],
      ["{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740993,)}", "its header is"],
      [`{'descr': '|O', 'fortran_order': False, ${shape}}`, 'its elements are "|O"'],
      [`{'descr': '=f4', 'fortran_order': False, ${shape}}`, 'its elements are "=f4"'],
      [`{'descr': '|f4', 'fortran_order': False, ${shape}}`, 'its elements are "|f4"'],
      [`{'descr': '<constructor', 'fortran_order': False, ${shape}}`, "its elements are"],
      [
        `{'descr': '<f4', 'fortran_order': __import__('os').system('x'), ${shape}}`,
        "its header is"
      ],
      [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}",
        "[5] of f4 is 20 bytes, but 16 follow"
      ],
      [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (999999999, 999999999, 999999999)}",
        "but 16 follow"
      ]
    ] as const) {
      const { exitCode, message } = mistake(() => decodeNpy(npyFile(header, four), "x.npy"))
      assert.include(message, "x.npy cannot be read as an .npy file: ")
      assert.include(message, problem, header)
      assert.strictEqual(exitCode, 1)
    }
  })

  it("refuses files of other kinds and versions, and files that are cut off", () => {
    const sound = readFileSync(fixture("f4-little.npy"))
    for (let size = 0; size < sound.length; size += 7) {
      mistake(() => decodeNpy(sound.subarray(0, size)))
    }
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': ()}"
    assert.include(
      mistake(() => decodeNpy(npyFile(header, new Uint8Array(4), [4, 0]))).message,
      "it is of format 4.0"
    )
    assert.include(mistake(() => decodeNpy(Buffer.from("PK\x03\x04 and so on"))).hint ?? "", ".npz")
  })

  it("ends with a value or a user's mistake, whatever the bytes", () => {
    const sound = readFileSync(fixture("f8-big-fortran.npy"))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(140), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(sound)
          for (const [at, value] of changes) bytes[at] = value
          try {
            decodeNpy(bytes)
          } catch (error) {
            assert.instanceOf(error, UserError)
          }
        }
      ),
      { numRuns: 500 }
    )
  })
})
