import { assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import { pathToFileURL } from "node:url"
import * as path from "node:path"

const engine = (file: string) =>
  pathToFileURL(path.join(import.meta.dirname, "..", "..", "src", "engine", file)).href

/** Runs a program in a process of its own, where nothing is loaded yet. */
const run = (program: string) => {
  const prelude = `
    import { createRequire } from "node:module"
    import { tf } from ${JSON.stringify(engine("tf.ts"))}
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes("tfjs/dist"))
  `
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", prelude + program],
    { encoding: "utf8" }
  )
  return { stdout, stderr }
}

describe("tf", () => {
  it("is loaded by its first use, not by its import", () => {
    const { stderr, stdout } = run(`
      const before = loaded()
      tf.scalar(1)
      console.log(JSON.stringify([before, loaded()]))
    `)
    assert.strictEqual(stderr, "")
    assert.deepStrictEqual(JSON.parse(stdout), [false, true])
  })

  it("computes on the onnx backend, with gradients, and prints no banner", () => {
    const { stderr, stdout } = run(`
      const slope = tf.grad((x) => x.square())(tf.scalar(3)).dataSync()[0]
      console.log(JSON.stringify([tf.getBackend(), slope, "scalar" in tf]))
    `)
    assert.strictEqual(stderr, "")
    assert.deepStrictEqual(JSON.parse(stdout), ["onnx", 6, true])
  })

  it("still prints the library's real warnings", () => {
    const { stderr } = run(`tf.backend_util.warn("something is wrong")`)
    assert.include(stderr, "something is wrong")
  })

  it("refuses assignments, which would be lost", () => {
    const { stderr } = run(`tf.scalar = 1`)
    assert.include(stderr, "TypeError")
  })
})
