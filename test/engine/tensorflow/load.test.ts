/** With packages that stand in for the real ones, which are too large to fetch for a test. */
import { assert, describe, it } from "vitest"
import { mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { UserError } from "../../../src/base/user-error.ts"
import { findTensorflow } from "../../../src/engine/tensorflow/find.ts"
import { loadTensorflow } from "../../../src/engine/tensorflow/load.ts"
import { restoreRemovedFunctions } from "../../../src/engine/tensorflow/removed-functions.ts"
import { temporaryFolder } from "../../support/project.ts"

/** Like tfjs-node 4.22.0: calls what Node 23 removed, and offers a backend that knows its device. */
const main = `
const util_1 = require("util")
exports.getBackend = () => "tensorflow"
exports.backend = () => ({ isUsingGpuDevice: true, binding: { TF_Version: "2.9.1" } })
exports.tensorType = (value) => (0, util_1.isNullOrUndefined)(value) ? "none" : (0, util_1.isArray)(value) ? "list" : "one"
`

const install = (packages: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder()
  for (const [name, code] of Object.entries(packages)) {
    const place = path.join(folder, "node_modules", "@tensorflow", name)
    mkdirSync(path.join(place, "dist"), { recursive: true })
    const manifest = { name: `@tensorflow/${name}`, version: "4.22.0", main: "dist/index.js" }
    writeFileSync(path.join(place, "package.json"), JSON.stringify(manifest))
    writeFileSync(path.join(place, "dist", "index.js"), code)
  }
  const project = path.join(folder, "project", "deep")
  mkdirSync(project, { recursive: true })
  return path.join(project, "ablate.js")
}

describe("findTensorflow", () => {
  it("finds what is installed in a folder above, the GPU's first", () => {
    assert.isUndefined(findTensorflow(install({})))
    const one = findTensorflow(install({ "tfjs-node": main }))
    assert.deepStrictEqual([one?.name, one?.version], ["@tensorflow/tfjs-node", "4.22.0"])
    const both = findTensorflow(install({ "tfjs-node": main, "tfjs-node-gpu": main }))
    assert.strictEqual(both?.name, "@tensorflow/tfjs-node-gpu")
    assert.isTrue(path.isAbsolute(both?.folder ?? ""))
  })
})

describe("loadTensorflow", () => {
  it("gives the package back what it calls and Node no longer has", () => {
    const { found, tf, usesGpu, version } = loadTensorflow(install({ "tfjs-node-gpu": main }))
    const { tensorType } = tf as unknown as { readonly tensorType: (value: unknown) => string }
    assert.deepStrictEqual([undefined, [1], 1].map(tensorType), ["none", "list", "one"])
    assert.deepStrictEqual([usesGpu, version], [true, "2.9.1"])
    assert.strictEqual(found.name, "@tensorflow/tfjs-node-gpu")
  })
  it("says that it is not installed, or that its native part is missing", () => {
    assert.throws(() => loadTensorflow(install({})), UserError, "TensorFlow is not installed")
    const broken = `throw new Error("Cannot find module 'tfjs_binding.node'\\nRequire stack: ...")`
    assert.throws(
      () => loadTensorflow(install({ "tfjs-node": broken })),
      UserError,
      /^@tensorflow\/tfjs-node 4\.22\.0 cannot be loaded: Cannot find module 'tfjs_binding\.node'$/
    )
  })
  it("refuses a package whose backend did not come up", () => {
    const other = `exports.getBackend = () => "cpu"`
    assert.throws(
      () => loadTensorflow(install({ "tfjs-node": other })),
      UserError,
      "offers no tensorflow backend"
    )
  })
})

describe("restoreRemovedFunctions", () => {
  it("adds what is missing and leaves the rest", () => {
    const kept = () => true
    const util: Record<string, unknown> = { inspect: kept }
    restoreRemovedFunctions(util)
    assert.strictEqual(util["inspect"], kept)
    const is = util as Record<string, (value: unknown) => boolean>
    assert.deepStrictEqual(
      [null, undefined, 0, ""].map((value) => is["isNullOrUndefined"]!(value)),
      [true, true, false, false]
    )
    assert.deepStrictEqual(
      [null, {}, [], () => 1].map((value) => is["isObject"]!(value)),
      [false, true, true, false]
    )
    assert.deepStrictEqual(
      [[], "a"].map((value) => is["isArray"]!(value)),
      [true, false]
    )
  })
})
