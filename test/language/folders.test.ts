import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { folderFault } from "../../src/language/permission.ts"
import { temporaryFolder } from "../support/project.ts"

const projectWith = (make: (root: string) => void) => {
  const root = join(temporaryFolder(), "project")
  mkdirSync(join(root, "pictures"), { recursive: true })
  writeFileSync(join(root, "pictures", "a.png"), "")
  mkdirSync(join(root, "..", "outside"))
  writeFileSync(join(root, "..", "outside", "b.png"), "")
  make(root)
  return (written: string, allowedPaths: ReadonlyArray<string> = []) =>
    folderFault(join(root, written), written, { root, allowedPaths })
}

describe("a folder that a pipeline names", () => {
  it("may be used when it is there", () => {
    assert.isUndefined(projectWith(() => {})("pictures"))
  })

  it("is refused when it is not there, with the name that was meant", () => {
    const fault = projectWith(() => {})("picture")
    assert.deepInclude(fault, {
      code: "missing-file",
      message: "there is no folder `picture`",
      hint: "did you mean `pictures`?"
    })
  })

  it("is refused when it is a file", () => {
    const fault = projectWith(() => {})("pictures/a.png")
    assert.strictEqual(fault?.message, "`pictures/a.png` is a file, but a folder is needed")
  })

  it("is refused when it lies outside, or a link in it leads outside, unless that is allowed", () => {
    const find = projectWith((root) =>
      symlinkSync(join(root, "..", "outside"), join(root, "pictures", "more"))
    )
    assert.strictEqual(find("../outside")?.code, "outside-project")
    assert.match(find("pictures")?.message ?? "", /^`more\/b.png` in `pictures` is a symbolic link/)
    assert.isUndefined(find("pictures", ["../outside"]))
  })

  it("is refused when something in it cannot be read", () => {
    const find = projectWith((root) =>
      symlinkSync(join(root, "nothing"), join(root, "pictures", "dangling"))
    )
    assert.match(find("pictures")?.message ?? "", /^pictures\/dangling cannot be read/)
  })
})
