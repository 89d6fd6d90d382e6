/** tfjs-core's own specs, in a process of their own: they need Jasmine's globals and their own copy of TensorFlow.js. */
import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import * as path from "node:path"

const backend = "onnx"

const runSuite = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [path.join(import.meta.dirname, "run.ts"), ...args], {
    encoding: "utf8"
  })

describe("tfjs-core's own specs", () => {
  it(`pass on ${backend} (takes a quarter of a minute)`, { timeout: 600_000 }, () => {
    const { status, stderr, stdout } = runSuite("--strict", "--backend", backend)
    console.log(stdout.trim().split("\n").at(-1))
    assert.strictEqual(status, 0, stdout + stderr)
    const [, specs = "", passed = "", skipped = ""] =
      /^(\d+) specs: (\d+) passed, 0 failed, (\d+) skipped by list, /m.exec(stdout) ?? []
    // Fewer would mean that files were lost on the way into the bundle.
    assert.strictEqual(Number(specs), 4225, stdout)
    assert.strictEqual(Number(passed) + Number(skipped), Number(specs))
  })

  it("find a kernel that is missing and one that is wrong (takes some seconds)", () => {
    const { status, stdout } = runSuite(
      "--backend",
      "broken-copy",
      "--filter",
      "ops/",
      "--list-kernels",
      "--failures",
      "500"
    )
    assert.strictEqual(status, 1)
    assert.include(stdout, "Conv2D: missing in ")
    assert.match(stdout, /^convolution +254 +\d+ +Conv2D$/m)
    assert.match(stdout, /^ +ops\/neg: neg basic$/m)
    assert.notInclude(stdout, "ops/abs: abs basic")
  })

  it("refuse a backend that is not there", () => {
    const { status, stderr } = runSuite("--backend", "tpu")
    assert.strictEqual(status, 2)
    assert.include(stderr, 'there is no backend "tpu"; there are broken-copy, cpu-copy, onnx')
  })
})
