import { assert, describe, it } from "vitest"
import { readdirSync } from "node:fs"
import { parseType } from "../../src/values/type-expression.ts"
import type { StageDefinition } from "../../src/stage.ts"
import { decodeExample } from "../support/run-stage.ts"

const folder = new URL("../../stages/", import.meta.url)
const stages = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replaceAll("\\", "/").slice(0, -".ts".length))

const load = async (uses: string) => {
  const module = (await import(new URL(`${uses}.ts`, folder).href)) as { default: StageDefinition }
  return module.default
}

describe.each(stages)("%s", (uses) => {
  it("has an example that uses it as it is", async () => {
    const stage = await load(uses)
    const example = decodeExample(stage)
    assert.strictEqual(example.uses, uses)
    for (const port of example.inputs) assert.property(stage.inputs, port)
    for (const [name, { options }] of Object.entries(stage.inputs)) {
      const wired = options.optional !== true && options.fromParts !== true
      if (wired) assert.include(example.inputs, name)
    }
  })

  it("has ports whose types are types, and parameters that say what they are", async () => {
    const stage = await load(uses)
    for (const { options, type } of [
      ...Object.values(stage.inputs),
      ...Object.values(stage.outputs)
    ]) {
      parseType(type)
      assert.match(options.description, /\w/)
    }
    for (const file of [...(stage.files ?? []), ...(stage.folders ?? [])])
      assert.property(stage.params.fields, file)
    assert.match(stage.summary, /\.$/)
  })
})
