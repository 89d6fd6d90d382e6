import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import { openRegistry } from "../../src/language/open-registry.ts"
import { check, makeProject } from "./project.ts"

const stage = `export default { summary: "", params: { fields: {} }, inputs: {}, outputs: {}, example: "", run: () => ({}) }\n`

const failure = async (work: () => unknown): Promise<UserError> => {
  try {
    await work()
  } catch (cause) {
    if (cause instanceof UserError) return cause
    throw cause
  }
  throw new Error("it did not fail")
}

describe("openRegistry", () => {
  it("finds stages by path, and leaves out tests, types, hidden and private files", async () => {
    const root = makeProject({
      "stages/b/two.ts": stage,
      "stages/a.js": stage,
      "stages/b/two.test.ts": "",
      "stages/types.d.ts": "",
      "stages/_shared.ts": "",
      "stages/_folder/x.ts": "",
      "stages/.hidden/x.ts": "",
      "stages/readme.md": ""
    })
    const registry = openRegistry([
      { path: join(root, "stages"), own: true },
      { path: join(root, "none"), own: false }
    ])
    assert.deepStrictEqual(
      [...registry.entries.values()],
      [
        { uses: "a", file: join(root, "stages/a.js"), own: true },
        { uses: "b/two", file: join(root, "stages/b/two.ts"), own: true }
      ]
    )
    assert.strictEqual(typeof (await registry.load("b/two")).run, "function")
  })

  it("names both files of a stage that is defined twice", async () => {
    const root = makeProject({
      "one/a.ts": stage,
      "two/a.ts": stage,
      "three/a.js": stage,
      "three/a.ts": stage
    })
    const error = await failure(() =>
      openRegistry([
        { path: join(root, "one"), own: false },
        { path: join(root, "two"), own: true }
      ])
    )
    assert.include(error.message, join(root, "one/a.ts"))
    assert.include(error.message, join(root, "two/a.ts"))
    await failure(() => openRegistry([{ path: join(root, "three"), own: true }]))
  })

  it("says what is wrong with a stage's file", async () => {
    const root = makeProject({
      "stages/syntax.js": "export default {{\n",
      "stages/types.ts": "const a: number = 1\nconst b = (a }\n",
      "stages/throws.js": "throw new Error('no luck')\n",
      "stages/nothing.js": "export const a = 1\n",
      "stages/partial.js": "export default { summary: '', params: { fields: {} } }\n",
      "stages/params.js": stage.replace("{ fields: {} }", "3"),
      "stages/files.js": stage.replace("run:", "files: ['path'], run:"),
      "stages/import.js": "import 'no-such-package-at-all'\n",
      "pipeline.yaml": "stages:\n  a: { uses: throws }\n  b: { uses: throws }\n"
    })
    const registry = openRegistry([{ path: join(root, "stages"), own: true }])
    const messages: Record<string, string> = {}
    for (const uses of [
      "syntax",
      "types",
      "throws",
      "nothing",
      "partial",
      "params",
      "files",
      "import",
      "thorws"
    ]) {
      messages[uses] = (await failure(() => registry.load(uses))).message
    }
    assert.match(messages["throws"] ?? "", /stages\/throws\.js:1:7: no luck$/)
    assert.match(messages["syntax"] ?? "", /stages\/syntax\.js/)
    assert.match(messages["types"] ?? "", /stages\/types\.ts:2:/)
    assert.match(messages["nothing"] ?? "", /no default export/)
    assert.match(messages["partial"] ?? "", /no `inputs`, `outputs`, `example`, `run`/)
    assert.match(messages["params"] ?? "", /`params` is not/)
    assert.match(messages["files"] ?? "", /`files` names `path`, which is none of its parameters/)
    assert.match(messages["import"] ?? "", /no-such-package-at-all/)
    assert.strictEqual(messages["thorws"], "there is no stage type `thorws`")
    const { diagnostics } = await check(root, "pipeline.yaml", { registry })
    assert.deepStrictEqual(
      diagnostics.map(({ code, position }) => [code, position.line]),
      [["stage-load", 2]]
    )
  })
})
