import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { assert, describe, expect, it } from "vitest"
import { sha256 } from "../../src/base/digest.ts"
import { UserError } from "../../src/base/user-error.ts"
import { temporaryFolder, temporaryStore } from "./temporary-store.ts"

/** Below, at and above the size of a chunk, and several chunks with a rest. */
const sizes = [0, 1, 1000, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 * (1 << 20) + 12_345]

const bytesOf = (size: number) => Buffer.alloc(size, "0123456789abcde")

describe("blobs", () => {
  it("give back the bytes they were put with", async () => {
    const { blobs } = temporaryStore()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const ref = await blobs.put(bytes)
        assert.deepStrictEqual(ref, { digest: sha256(bytes), sizeBytes: bytes.byteLength })
        assert.deepStrictEqual(new Uint8Array(blobs.read(ref.digest)), bytes)
        assert.isTrue(blobs.has(ref.digest))
      })
    )
  })

  it.each(sizes)("of %i bytes are the same from memory and from a file", async (size) => {
    const store = temporaryStore()
    const bytes = bytesOf(size)
    const file = join(temporaryFolder(), "source")
    writeFileSync(file, bytes)
    const expected = { digest: sha256(bytes), sizeBytes: size }
    assert.deepStrictEqual(await store.blobs.putFile(file), expected)
    assert.isTrue(bytes.equals(store.blobs.read(expected.digest)))
    assert.deepStrictEqual(await temporaryStore().blobs.put(bytes), expected)
    assert.deepStrictEqual(readdirSync(store.layout.temporary), [])
  })

  it("are read-only files, named by their digest", async () => {
    const { blobs, root } = temporaryStore()
    const { digest } = await blobs.put(Buffer.from("abc"))
    const path = join(root, "cas/sha256", digest.slice(0, 2), digest.slice(2))
    assert.strictEqual(blobs.path(digest), path)
    assert.strictEqual(statSync(path).mode & 0o777, 0o444)
  })

  it("are written once, but every put renews their time", async () => {
    const { blobs } = temporaryStore()
    for (const bytes of [Buffer.from("abc"), bytesOf(1 << 21)]) {
      const { digest } = await blobs.put(bytes)
      utimesSync(blobs.path(digest), 1, 1)
      await blobs.put(bytes)
      assert.isAbove(statSync(blobs.path(digest)).mtimeMs, Date.now() - 60_000)
    }
  })

  it("that were cut short are mended by the next put", async () => {
    const { blobs } = temporaryStore()
    const { digest } = await blobs.put(Buffer.from("abcdef"))
    chmodSync(blobs.path(digest), 0o644)
    truncateSync(blobs.path(digest), 3)
    await blobs.put(Buffer.from("abcdef"))
    assert.strictEqual(Buffer.from(blobs.read(digest)).toString(), "abcdef")
  })

  it("may be put many times at once", async () => {
    const { blobs, layout } = temporaryStore()
    const bytes = bytesOf(3 << 20)
    const refs = await Promise.all(
      Array.from({ length: 8 }, (_, index) => blobs.put(index < 4 ? bytes : Buffer.from("small")))
    )
    assert.strictEqual(new Set(refs.map(({ digest }) => digest)).size, 2)
    assert.isTrue(bytes.equals(blobs.read(refs[0]!.digest)))
    assert.deepStrictEqual(readdirSync(layout.temporary), [])
  })

  it("that are not there are named in the error", () => {
    const { blobs } = temporaryStore()
    const digest = sha256("never stored")
    expect(() => blobs.read(digest)).toThrow(UserError)
    expect(() => blobs.read(digest)).toThrow(digest)
  })

  it("cannot be made of a folder or of nothing, and the error names the path", async () => {
    const { blobs, layout } = temporaryStore()
    const folder = temporaryFolder()
    await expect(blobs.putFile(folder)).rejects.toThrow(`${folder} is not a file`)
    await expect(blobs.putFile(join(folder, "absent"))).rejects.toThrow("absent does not exist")
    await expect(blobs.putFile(join(folder, "absent"))).rejects.toBeInstanceOf(UserError)
    assert.isFalse(existsSync(layout.temporary) && readdirSync(layout.temporary).length > 0)
  })
})

describe("missing blobs", () => {
  it("are found among few and among many, each once", async () => {
    const { blobs, layout } = temporaryStore()
    // Placed by hand: what is listed are names, and thousands of synced files would take their time.
    const all = Array.from({ length: 6000 }, (_, index) => sha256(`blob ${index}`))
    const there = new Set(all.filter((_, index) => index % 3 > 0))
    for (const digest of there) {
      mkdirSync(join(layout.blobs, digest.slice(0, 2)), { recursive: true })
      writeFileSync(blobs.path(digest), "")
    }
    const expected = (asked: ReadonlyArray<string>) =>
      [...new Set(asked)].filter((digest) => !there.has(digest as never)).toSorted()
    for (const asked of [all, [...all, ...all], all.slice(0, 10), all.slice(0, 700), []]) {
      assert.deepStrictEqual([...blobs.missing(asked)].toSorted(), expected(asked))
    }
  })
})
