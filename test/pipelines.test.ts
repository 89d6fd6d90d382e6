import { assert, describe, it } from "vitest"
import { readdirSync } from "node:fs"
import * as path from "node:path"
import { checkPipeline } from "../src/language/check.ts"
import { openRegistry } from "../src/language/open-registry.ts"
import { checkout } from "./support/project.ts"

const folder = path.join(checkout, "pipelines")
const files = readdirSync(folder).filter((name) => name.endsWith(".yaml"))

describe.each(files)("pipelines/%s", (name) => {
  it("is checked without an error or a warning", async () => {
    const { diagnostics, pipeline } = await checkPipeline({
      root: checkout,
      cwd: checkout,
      file: path.join(folder, name),
      set: [],
      paramsFiles: [],
      allowedPaths: [],
      registry: openRegistry([{ path: path.join(checkout, "stages"), own: false }])
    })
    assert.deepStrictEqual(diagnostics, [])
    assert.strictEqual(pipeline?.name, path.basename(name, ".yaml"))
    const types = pipeline?.instances.flatMap(({ outputs }) => Object.values(outputs))
    assert.include(types ?? [], "File", "something to look at comes out of it")
  })
})
