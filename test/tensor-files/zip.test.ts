import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { openZip } from "../../src/tensor-files/zip.ts"
import { UserError } from "../../src/base/user-error.ts"
import { mistake } from "./expected.ts"
import { type Entry, zip } from "./zip-bytes.ts"

const content = Buffer.from("some content ".repeat(100))
const refusal = (entries: ReadonlyArray<Entry>, name = "a"): string =>
  mistake(() => openZip(zip(entries), "x.zip").read(name)).message

describe("openZip", () => {
  it("reads stored and deflated entries, plain and with ZIP64", () => {
    const name = fc
      .array(fc.stringMatching(/^[a-zé0-9 .]{0,8}[a-z]$/), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"))
    const entry = fc.record({
      name,
      bytes: fc.uint8Array({ maxLength: 200 }),
      deflate: fc.boolean(),
      wide: fc.boolean()
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(entry, { selector: ({ name }) => name, maxLength: 6 }),
        fc.boolean(),
        fc.constantFrom("", "a comment PK\x05\x06"),
        (entries, zip64, comment) => {
          const archive = openZip(zip(entries, { zip64, comment }))
          assert.deepStrictEqual(
            [...archive.entries.keys()],
            entries.map(({ name }) => name)
          )
          for (const { bytes, name } of entries) {
            assert.isTrue(Buffer.from(archive.read(name)).equals(bytes), name)
          }
        }
      )
    )
  })

  it("refuses names that lead out of the archive, or are there twice", () => {
    for (const name of [
      "../a",
      "a/../../b",
      "/etc/passwd",
      "a//b",
      "./a",
      "C:\\a",
      "a\\b",
      "c:a",
      "a\0b",
      ""
    ]) {
      assert.include(
        mistake(() => openZip(zip([{ name, bytes: content }]))).message,
        "an entry is named",
        name
      )
    }
    assert.include(
      refusal([
        { name: "a", bytes: content },
        { name: "a", bytes: content }
      ]),
      "a is there twice"
    )
  })

  it("refuses more than was announced, before it is unpacked", () => {
    const bomb = Buffer.alloc(50_000_000)
    const before = process.memoryUsage().arrayBuffers
    assert.include(
      refusal([{ name: "a", bytes: bomb, deflate: true, says: { size: 1000 } }]),
      "cannot be unpacked to the 1000 bytes"
    )
    assert.isBelow(process.memoryUsage().arrayBuffers - before, 110_000_000)
    assert.include(
      refusal([{ name: "a", bytes: content, deflate: true, says: { size: 9999 } }]),
      "bytes, not 9999"
    )
    assert.include(
      refusal([{ name: "a", bytes: content, says: { size: 9999 } }]),
      "a has two sizes"
    )
  })

  it("refuses entries that share bytes, as those of a bomb do", () => {
    const twice = [
      { name: "a", bytes: content },
      { name: "b", bytes: content, localName: "a", says: { headerAt: 0 } }
    ]
    assert.match(refusal(twice), /(?:does not lie where|reaches into|is called)/)
    assert.include(
      refusal([
        { name: "a", bytes: content, says: { packed: content.length + 60 } },
        { name: "b", bytes: content }
      ]),
      "reaches into what follows"
    )
    assert.include(
      refusal([{ name: "a", bytes: content, localName: "b" }]),
      'a is called "b" where it lies'
    )
  })

  it("refuses damage, encryption and methods that it does not know", () => {
    assert.include(
      refusal([{ name: "a", bytes: content, says: { crc: 1 } }]),
      "its CRC is not what it was"
    )
    assert.include(refusal([{ name: "a", bytes: content, says: { flags: 1 } }]), "a is encrypted")
    assert.include(
      refusal([{ name: "a", bytes: content, says: { method: 12 } }]),
      "packed by method 12"
    )
    const sound = zip([{ name: "a", bytes: content, deflate: true }], { zip64: true })
    for (let size = 0; size < sound.length; size++) mistake(() => openZip(sound.subarray(0, size)))
  })

  it("ends with the content or a user's mistake, whatever the bytes", () => {
    const sound = zip(
      [
        { name: "a", bytes: content, wide: true },
        { name: "b/c", bytes: content, deflate: true }
      ],
      { zip64: true }
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Buffer.from(sound)
          for (const [at, value] of changes) bytes[at] = value
          try {
            const archive = openZip(bytes)
            for (const [name] of archive.entries) archive.read(name)
          } catch (error) {
            assert.instanceOf(error, UserError)
          }
        }
      ),
      { numRuns: 1000 }
    )
  })
})
