/** The engine from a user's side: what is chosen, what it means for results that are there, and what it costs. */
import { assert, beforeAll, describe, it } from "vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { pathToFileURL } from "node:url"
import { ablate, inState, stagesOf, temporaryFolder } from "../support/project.ts"

const folder = temporaryFolder()
const cwd = path.join(folder, "study")
const on = (engine: string, env: Readonly<Record<string, string>> = {}) => ({
  cwd,
  env: { ABLATE_ENGINE: engine, ...env }
})

beforeAll(async () => {
  assert.strictEqual((await ablate(["init", "study"], { cwd: folder })).code, 0)
  const { code, stderr } = await ablate(["run"], on("tfjs"))
  assert.strictEqual(code, 0, stderr)
}, 60_000)

describe("another engine", () => {
  it("computes the tensors again, and nothing else; why says it in words", async () => {
    const plan = await stagesOf(["plan"], on("cpu"))
    assert.deepStrictEqual(inState(plan, "run"), ["noisy"])
    assert.strictEqual(
      plan.get("noisy")?.reason,
      "engine: TensorFlow.js's cpu backend → ONNX Runtime on the CPU"
    )
    assert.includeMembers([...inState(plan, "known")], ["photo", "schedule"])
    const { stdout } = await ablate(["why", "noisy"], on("cpu"))
    assert.match(stdout, /engine: TensorFlow\.js's cpu backend → ONNX Runtime on the CPU\n/)
    assert.match(stdout, /engine {6}onnxruntime@[\d.]+ cpu nchwc\d+ \w+ arithmetic@[0-9a-f]{8} /)
  })

  it("leaves what the first one computed for it to find again", async () => {
    const known = await stagesOf(["run"], on("tfjs"))
    assert.strictEqual(inState(known, "known").length, 8)
    const byFlag = await stagesOf(["plan", "--engine", "tfjs"], on("cpu"))
    assert.strictEqual(inState(byFlag, "known").length, 8)
  })

  it.skipIf(process.platform === "darwin")("is refused where it cannot be used", async () => {
    const { code, stderr } = await ablate(["run"], on("coreml"))
    assert.strictEqual(code, 2)
    assert.match(stderr, /engine coreml \(.*\) cannot be used here: it is only on macOS/)
    const status = await ablate(["status"], on("coreml"))
    assert.match(status.stderr, /engine coreml \(.*\) cannot be used here/)
    const doctor = await ablate(["doctor"], on("coreml"))
    assert.strictEqual(doctor.code, 1)
    assert.match(doctor.stdout, /✗ engine coreml/)
  })
})

describe("a plan", () => {
  it("remembers what the machine has, and then starts no process and loads no package for it", async () => {
    await ablate(["plan"], on("cpu"))
    const remembered = () => readdirSync(path.join(cwd, "artifacts", "cache", "engines"))
    assert.isTrue(remembered().some((name) => name.endsWith("-cpu.json")))
    const file = path.join(cwd, "loaded.json")
    const recorder = path.join(import.meta.dirname, "..", "cli", "record-loaded.mjs")
    const env = {
      NODE_OPTIONS: `--import ${pathToFileURL(recorder).href}`,
      ABLATE_TEST_LOADED: file
    }
    const load = async (engine: string) => {
      const { code, stderr } = await ablate(["run", "--dry-run"], on(engine, env))
      assert.strictEqual(code, 0, stderr)
      return JSON.parse(readFileSync(file, "utf8")) as {
        readonly loaded: ReadonlyArray<string>
        readonly builtin: ReadonlyArray<string>
      }
    }
    const { builtin, loaded } = await load("cpu")
    assert.isTrue(loaded.some((url) => url.endsWith("src/engine/provider/find.ts")))
    assert.deepStrictEqual(
      loaded.filter((url) => /node_modules\/(?:onnxruntime|@tensorflow)/.test(url)),
      []
    )
    assert.isFalse(builtin.some((name) => name.endsWith("NativeModule child_process")))
  })
})

describe("doctor --json", () => {
  it("has the engines as data", async () => {
    const { stdout } = await ablate(["doctor", "--json"], on("cpu", { ABLATE_JOBS: "1" }))
    const { engine } = JSON.parse(stdout)
    assert.strictEqual(engine.choice, "cpu")
    assert.strictEqual(engine.chosen.name, "cpu")
    assert.match(engine.chosen.numericsClass, /^onnxruntime@/)
    assert.deepStrictEqual(
      engine.engines.map(({ name }: { readonly name: string }) => name),
      ["cpu", "webgpu", "cuda", "coreml", "directml", "tensorflow", "tfjs"]
    )
    assert.strictEqual(engine.threads, engine.cores)
  })

  it("makes no store where there is none", async () => {
    const bare = temporaryFolder()
    await ablate(["doctor"], { cwd: bare })
    assert.isFalse(existsSync(path.join(bare, "artifacts")))
  })
})
