import { assert, describe, it } from "@effect/vitest"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { fileAtPath, namePipeline } from "../../src/cli/pipeline-file.ts"

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "ablate-pipelines-"))
  mkdirSync(join(root, "pipelines"))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const add = (name: string) => writeFileSync(join(root, "pipelines", name), "name: x\n")
const named = (words: ReadonlyArray<string>, defaultPipeline?: string) =>
  namePipeline(words, { root, defaultPipeline }, root)
const problemOf = async (words: ReadonlyArray<string>, defaultPipeline?: string) => {
  const error = await named(words, defaultPipeline).catch((error: unknown) => error)
  assert.instanceOf(error, UserError)
  return error
}

describe("namePipeline", () => {
  it("understands a name, a file's name, and a path", async () => {
    add("quickstart.yaml")
    add("other.yml")
    const file = join(root, "pipelines/quickstart.yaml")
    for (const word of [
      "quickstart",
      "quickstart.yaml",
      "pipelines/quickstart.yaml",
      "./pipelines/quickstart",
      file
    ]) {
      assert.deepStrictEqual(await named([word, "noisy"]), {
        file,
        stages: ["noisy"],
        implied: false
      })
    }
    assert.strictEqual((await named(["other"])).file, join(root, "pipelines/other.yml"))
  })
  it("takes the only pipeline, or the default one, when none is named", async () => {
    add("quickstart.yaml")
    const file = join(root, "pipelines/quickstart.yaml")
    assert.deepStrictEqual(await named(["noisy"]), { file, stages: ["noisy"], implied: true })
    add("other.yaml")
    assert.deepStrictEqual(await named([], "quickstart"), { file, stages: [], implied: true })
    assert.include((await problemOf([], "quikstart")).message, 'default pipeline "quikstart"')
  })
  it("lists the pipelines when it is not clear which is meant", async () => {
    assert.include((await problemOf([])).hint ?? "", "ablate init")
    add("quickstart.yaml")
    add("other.yaml")
    const unclear = await problemOf([])
    assert.strictEqual(unclear.message, "which pipeline?")
    assert.include(unclear.hint ?? "", "other, quickstart")
    assert.strictEqual((await problemOf(["quikstart"])).hint, "did you mean quickstart?")
    assert.strictEqual((await problemOf(["zzz"])).hint, "pipelines are other, quickstart")
  })
  it("says that the folder of the pipelines cannot be read", async () => {
    rmSync(join(root, "pipelines"), { recursive: true })
    writeFileSync(join(root, "pipelines"), "")
    assert.strictEqual(
      (await problemOf([])).message,
      `${join(root, "pipelines")} cannot be read: it is a file, not a folder`
    )
  })
  it("never takes a path for a stage", async () => {
    add("quickstart.yaml")
    assert.strictEqual(
      (await problemOf(["quikstart.yaml"])).message,
      "there is no file quikstart.yaml"
    )
    assert.strictEqual((await problemOf(["./noisy"])).message, "there is no file noisy")
  })
  it("finds a file by its path whatever the project is", () => {
    add("quickstart.yaml")
    assert.strictEqual(
      fileAtPath("pipelines/quickstart.yaml", root),
      join(root, "pipelines/quickstart.yaml")
    )
    assert.isUndefined(fileAtPath("quickstart", root))
    assert.isUndefined(fileAtPath("pipelines/none.yaml", root))
  })
})
