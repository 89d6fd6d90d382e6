import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Lab, numberOf, type Pipeline } from "./lab.ts"
import { openLab } from "./open-lab.ts"

const filled = (lab: Lab) => {
  const folder = join(lab.folder, "pictures")
  mkdirSync(join(folder, "cats"), { recursive: true })
  writeFileSync(join(folder, "one"), "1")
  writeFileSync(join(folder, "cats", "two"), "22")
  writeFileSync(join(folder, ".hidden"), "nothing")
  return folder
}
const sizes = (folder: string, meddle?: string): Pipeline => ({
  size: {
    uses: "folder",
    folders: { folder },
    ...(meddle === undefined ? {} : { with: { meddle } })
  }
})

describe("a folder that a parameter names", () => {
  it("is read with its sub-folders, and known while names and contents stay", async () => {
    const lab = openLab()
    const folder = filled(lab)
    const first = await lab.run(sizes(folder))
    assert.strictEqual(numberOf(lab, first, "size"), 3)
    writeFileSync(join(folder, "one"), "1")
    writeFileSync(join(folder, ".hidden"), "something")
    const moved = join(lab.folder, "elsewhere")
    renameSync(folder, moved)
    assert.deepStrictEqual((await lab.run(sizes(moved))).of("StageKnown"), ["size"])
  })

  it("is read again when a file is edited, added, renamed, moved or gone", async () => {
    const lab = openLab()
    const folder = filled(lab)
    await lab.run(sizes(folder))
    const changes: ReadonlyArray<readonly [change: () => void, size: number]> = [
      [() => writeFileSync(join(folder, "cats", "two"), "222"), 4],
      [() => writeFileSync(join(folder, "cats", "three"), "333"), 7],
      [() => renameSync(join(folder, "one"), join(folder, "uno")), 7],
      [() => renameSync(join(folder, "uno"), join(folder, "cats", "uno")), 7],
      [() => rmSync(join(folder, "cats", "uno")), 6]
    ]
    for (const [change, size] of changes) {
      change()
      const ran = await lab.run(sizes(folder))
      assert.deepStrictEqual(ran.of("StageSucceeded"), ["size"])
      assert.strictEqual(numberOf(lab, ran, "size"), size)
    }
  })

  it("fails its stage when a file changes between planning and reading", async () => {
    for (const name of ["one", "cats/two"]) {
      const lab = openLab()
      const folder = filled(lab)
      const ran = await lab.run(sizes(folder, join(folder, name)))
      const failed = ran.events.find((event) => event._tag === "StageFailed")
      assert.include(JSON.stringify(failed), "changed while the run was going")
    }
  })
})
