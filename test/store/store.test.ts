import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, expect, it } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { sha256 } from "../../src/base/digest.ts"
import { openStore } from "../../src/store/store.ts"
import { temporaryFolder } from "./temporary-store.ts"

describe("opening a store", () => {
  it("makes a new folder into one, and an empty one, and opens it again", () => {
    const folder = temporaryFolder()
    openStore(join(folder, "deep", "artifacts"))
    assert.deepStrictEqual(
      JSON.parse(readFileSync(join(folder, "deep/artifacts/store.json"), "utf8")),
      { version: 1 }
    )
    openStore(join(folder, "deep", "artifacts"))
    mkdirSync(join(folder, "empty"))
    openStore(join(folder, "empty"))
    assert.isTrue(existsSync(join(folder, "empty/store.json")))
  })

  it("takes a folder with nothing but hidden files and lost+found for empty", () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, "lost+found"))
    writeFileSync(join(folder, ".gitkeep"), "")
    openStore(folder)
    assert.isTrue(existsSync(join(folder, "store.json")))
  })

  it("refuses a folder that holds something else, and touches nothing in it", () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "thesis.tex"), "")
    const error = errorOf(() => openStore(folder))
    expect(error.message).toMatch(/is not a store: it holds thesis\.tex/)
    assert.deepStrictEqual(readdirSync(folder), ["thesis.tex"])
  })

  it("refuses a file, a marker that is none, and a newer version, each with a hint", () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "file"), "")
    expect(errorOf(() => openStore(join(folder, "file"))).message).toMatch(/is not a folder/)
    mkdirSync(join(folder, "newer"))
    writeFileSync(join(folder, "newer/store.json"), `{"version":2}`)
    const newer = errorOf(() => openStore(join(folder, "newer")))
    expect(newer.message).toMatch(/has version 2, this program knows versions up to 1/)
    expect(newer.hint).toMatch(/update ablate/)
    writeFileSync(join(folder, "newer/store.json"), "half a fi")
    expect(errorOf(() => openStore(join(folder, "newer"))).message).toMatch(
      /does not say a version/
    )
  })

  it("reads as empty where there is none, and is made by the first thing written", async () => {
    const folder = join(temporaryFolder(), "artifacts")
    const store = openStore(folder, { create: false })
    const key = sha256("nothing")
    assert.isUndefined(store.actions.get(key))
    assert.isUndefined(store.code.get(key))
    assert.isUndefined(store.runs.get("last"))
    assert.isUndefined(store.claims.holder(key))
    assert.deepStrictEqual(
      [store.runs.list(), store.blobs.missing([key]), store.roots.pins(), store.roots.tags()],
      [[], [key], [], []]
    )
    assert.isFalse(existsSync(folder))
    await store.blobs.put(Buffer.from("something"))
    assert.isTrue(existsSync(join(folder, "store.json")))
  })
})

const errorOf = (work: () => unknown): UserError => {
  try {
    work()
  } catch (error) {
    assert.instanceOf(error, UserError)
    assert.isDefined(error.hint)
    return error
  }
  return assert.fail("it did not throw")
}
