import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as fc from "fast-check"
import { assert, describe, expect, it } from "vitest"
import { sha256 } from "../../src/base/digest.ts"
import { canonicalJson, type JsonObject } from "../../src/base/json.ts"
import { UserError } from "../../src/base/user-error.ts"
import type { CodeDescription } from "../../src/store/action.ts"
import { commitAction, keyOf, makeAction, recipeOf, temporaryStore } from "./temporary-store.ts"

describe("values", () => {
  it("come back as their record, which is a blob of canonical JSON", async () => {
    const { values, blobs } = temporaryStore()
    const files = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.uint8Array({ maxLength: 20 }))
    await fc.assert(
      fc.asyncProperty(files, fc.jsonValue(), async (files, json) => {
        const meta = { json } as JsonObject
        const put = await values.put({ type: "Tensor[2]", meta, files })
        const stored = values.get(put.output.digest)
        assert.strictEqual(put.output.type, "Tensor[2]")
        assert.strictEqual(stored.type, "Tensor[2]")
        assert.strictEqual(canonicalJson(stored.meta), canonicalJson(meta))
        for (const [name, bytes] of Object.entries(files)) {
          assert.deepStrictEqual(stored.files[name], {
            digest: sha256(bytes),
            sizeBytes: bytes.byteLength
          })
        }
        assert.strictEqual(sha256(canonicalJson(stored)), put.output.digest)
        assert.deepStrictEqual(blobs.missing(put.blobs), [])
        assert.sameMembers(
          [...put.blobs],
          [...new Set([put.output.digest, ...Object.values(files).map(sha256)])]
        )
      }),
      { numRuns: 50 }
    )
  })

  it("that are no record, or a changed one, are refused", async () => {
    const { values, blobs } = temporaryStore()
    const { digest } = await blobs.put(Buffer.from("just bytes"))
    expect(() => values.get(digest)).toThrow(UserError)
    const { output } = await values.put({ type: "Mask[1,1]", meta: {}, files: {} })
    const path = blobs.path(output.digest)
    const text = readFileSync(path, "utf8")
    chmodSync(path, 0o644)
    writeFileSync(path, text.replace("Mask[1,1]", "Mask[2,2]"))
    expect(() => values.get(output.digest)).toThrow(/is damaged/)
  })
})

describe("actions", () => {
  it("come back as they were put", async () => {
    const store = temporaryStore()
    const action = await commitAction(store, "noise/add", { sigma: 0.5, steps: [1, 2] })
    assert.deepStrictEqual(store.actions.get(action.key), action)
    assert.isUndefined(store.actions.get(sha256("other")))
  })

  it("are committed in groups of any size, and listed", async () => {
    const store = temporaryStore()
    const first = await makeAction(store, recipeOf("noise/add"), "bytes")
    const actions = Array.from({ length: 300 }, (_, index) => {
      const recipe = recipeOf("noise/add", { index })
      return { ...first, recipe, key: keyOf(recipe) }
    })
    await store.actions.putAll(actions)
    assert.sameMembers(
      [...store.actions.list()],
      actions.map(({ key }) => key)
    )
    for (const action of actions) assert.deepStrictEqual(store.actions.get(action.key), action)
    store.actions.remove(actions[0]!.key)
    assert.isUndefined(store.actions.get(actions[0]!.key))
    await store.actions.putAll([])
    assert.deepStrictEqual(readdirSync(store.layout.temporary), [])
  })

  it("that are damaged in any way are absent, and removed", async () => {
    const store = temporaryStore()
    const action = await commitAction(store, "noise/add")
    const path = store.layout.action(action.key)
    const text = readFileSync(path, "utf8")
    const other = await commitAction(store, "noise/add", { other: true })
    const damaged = [
      "",
      text.slice(0, -20),
      "null",
      "[]",
      JSON.stringify(other),
      ...Object.keys(action).map((member) => JSON.stringify({ ...action, [member]: null })),
      JSON.stringify({ ...action, blobs: ["abc"] }),
      JSON.stringify({ ...action, outputs: { out: { digest: "abc", type: "File" } } }),
      JSON.stringify({ ...action, recipe: { ...action.recipe, inputs: { image: [["a"]] } } })
    ]
    for (const content of damaged) {
      writeFileSync(path, content)
      assert.isUndefined(store.actions.get(action.key), content)
      assert.isFalse(existsSync(path), content)
    }
  })

  it("may have inputs of one and of several values", async () => {
    const store = temporaryStore()
    const inputs = { image: sha256("a"), images: [["t=1", sha256("b")] as const] }
    const recipe = { ...recipeOf("image/grid"), inputs, numerics: "tfjs-cpu@4" }
    const action = await makeAction(store, recipe, "grid")
    await store.actions.putAll([action])
    assert.deepStrictEqual(store.actions.get(action.key), action)
  })
})

describe("code descriptions", () => {
  it("come back as they were put, and are mended when damaged", () => {
    const { code, layout } = temporaryStore()
    const described: CodeDescription = {
      fingerprint: sha256("noise/add"),
      modules: { "stages/noise/add.ts": sha256("text") },
      packages: { "@tensorflow/tfjs": "4.22.0" },
      tensors: true
    }
    code.put(described)
    code.put(described)
    assert.deepStrictEqual(code.get(described.fingerprint), described)
    writeFileSync(join(layout.code, `${described.fingerprint}.json`), "{")
    assert.isUndefined(code.get(described.fingerprint))
    code.put(described)
    assert.deepStrictEqual(code.get(described.fingerprint), described)
  })
})
