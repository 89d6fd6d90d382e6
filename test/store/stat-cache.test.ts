import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, assert, describe, expect, it, vi } from "vitest"
import { type Digest, sha256 } from "../../src/base/digest.ts"
import { UserError } from "../../src/base/user-error.ts"
import { openStatCache } from "../../src/store/stat-cache.ts"
import type { Store } from "../../src/store/store.ts"
import { temporaryFolder, temporaryStore } from "./temporary-store.ts"

afterEach(() => {
  vi.useRealTimers()
})

/** So that what was just written is old enough to be trusted. */
const later = () => vi.useFakeTimers({ now: Date.now() + 5000, toFake: ["Date"] })

const entriesOf = (store: Store) => {
  const text = readFileSync(join(store.layout.cache, "stat-cache.json"), "utf8")
  return (JSON.parse(text) as { files: { [path: string]: [string, Digest] } }).files
}

/** Makes the cache claim another digest, so that an answer shows whether the file was read. */
const falsify = (store: Store, file: string, digest: Digest) => {
  const files = entriesOf(store)
  files[file]![1] = digest
  writeFileSync(join(store.layout.cache, "stat-cache.json"), JSON.stringify({ version: 1, files }))
}

describe("the stat cache", () => {
  it("does not read a file again that looks untouched", () => {
    const store = temporaryStore()
    const file = join(temporaryFolder(), "photo.png")
    writeFileSync(file, "pixels")
    later()
    const cache = openStatCache(store)
    assert.strictEqual(cache.digest(file), sha256("pixels"))
    cache.save()
    falsify(store, file, sha256("from the cache"))
    assert.strictEqual(openStatCache(store).digest(file), sha256("from the cache"))
  })

  it("reads again what differs in size or in time, or is another file", () => {
    const store = temporaryStore()
    const folder = temporaryFolder()
    const [file, other] = [join(folder, "a"), join(folder, "b")]
    writeFileSync(file, "one")
    later()
    const cache = openStatCache(store)
    assert.strictEqual(cache.digest(file), sha256("one"))
    writeFileSync(file, "three")
    assert.strictEqual(cache.digest(file), sha256("three"))
    writeFileSync(file, "seven")
    assert.strictEqual(cache.digest(file), sha256("seven"))
    const { mtime } = statSync(file)
    writeFileSync(other, "eight")
    utimesSync(other, mtime, mtime)
    renameSync(other, file)
    assert.strictEqual(cache.digest(file), sha256("eight"))
  })

  it("does not trust a file that was modified within two seconds before it was read", () => {
    const store = temporaryStore()
    const file = join(temporaryFolder(), "a")
    writeFileSync(file, "just now")
    const cache = openStatCache(store)
    assert.strictEqual(cache.digest(file), sha256("just now"))
    cache.save()
    expect(() => entriesOf(store)).toThrow(/ENOENT/)
  })

  it("keeps what another process has saved meanwhile", () => {
    const store = temporaryStore()
    const folder = temporaryFolder()
    const files = ["a", "b"].map((name) => join(folder, name))
    for (const file of files) writeFileSync(file, file)
    later()
    const caches = files.map((file) => {
      const cache = openStatCache(store)
      cache.digest(file)
      return cache
    })
    for (const cache of caches) cache.save()
    assert.sameMembers(Object.keys(entriesOf(store)), files)
  })

  it("is empty when its file is damaged", () => {
    const store = temporaryStore()
    const file = join(temporaryFolder(), "a")
    writeFileSync(file, "a")
    mkdirSync(store.layout.cache, { recursive: true })
    for (const content of ["", "{", "[]", `{"version":1,"files":{"${file}":["x"]}}`]) {
      writeFileSync(join(store.layout.cache, "stat-cache.json"), content)
      assert.strictEqual(openStatCache(store).digest(file), sha256("a"))
    }
  })

  it("names what is no readable file", () => {
    const cache = openStatCache(temporaryStore())
    const folder = temporaryFolder()
    expect(() => cache.digest(folder)).toThrow(`${folder} is a folder`)
    expect(() => cache.digest(join(folder, "absent"))).toThrow("absent does not exist")
    expect(() => cache.digest(join(folder, "absent"))).toThrow(UserError)
  })
})
