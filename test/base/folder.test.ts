import { assert, describe, it } from "vitest"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { sha256 } from "../../src/base/digest.ts"
import { folderDigest, listFolder } from "../../src/base/folder.ts"
import { UserError } from "../../src/base/user-error.ts"
import { temporaryFolder } from "../support/project.ts"

const names = (folder: string) => listFolder(folder).map(({ name }) => name)

describe("listFolder", () => {
  it("lists files at any depth by name, without hidden ones and empty folders", () => {
    const folder = temporaryFolder()
    for (const name of ["b", "a/c", ".git", "a", "empty"]) {
      mkdirSync(join(folder, name), { recursive: true })
    }
    for (const name of ["b/2", "b/10", "a/c/é", "Z", ".hidden", ".git/x"]) {
      writeFileSync(join(folder, name), "")
    }
    assert.deepStrictEqual(names(folder), ["Z", "a/c/é", "b/10", "b/2"])
  })

  it("follows links, and says which ones there were", () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, "real"))
    writeFileSync(join(folder, "real", "x"), "")
    symlinkSync(join(folder, "real"), join(folder, "link"))
    symlinkSync(join(folder, "real", "x"), join(folder, "y"))
    assert.deepStrictEqual(
      listFolder(folder).map(({ linked, name }) => [name, linked]),
      [
        ["link/x", true],
        ["real/x", false],
        ["y", true]
      ]
    )
  })

  it("refuses a link that leads back to itself, or to nothing, by name", () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, "a"))
    symlinkSync(folder, join(folder, "a", "again"))
    assert.throws(() => listFolder(folder, "shown"), UserError, /shown.a.again is a symbolic link/)
    const other = temporaryFolder()
    symlinkSync(join(other, "nothing"), join(other, "dangling"))
    assert.throws(() => listFolder(other, "shown"), UserError, /shown.dangling cannot be read/)
    assert.throws(() => listFolder(join(other, "none"), "shown"), UserError, /shown cannot be read/)
  })
})

describe("folderDigest", () => {
  const [a, b] = [sha256("a"), sha256("b")]

  it("depends on names and contents", () => {
    const digests = [
      [],
      [{ name: "x", digest: a }],
      [{ name: "x", digest: b }],
      [{ name: "y", digest: a }],
      [
        { name: "x", digest: a },
        { name: "y", digest: a }
      ]
    ].map(folderDigest)
    assert.strictEqual(new Set(digests).size, digests.length)
  })
})
