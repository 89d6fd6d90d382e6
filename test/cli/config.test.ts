import { assert, describe, it } from "@effect/vitest"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import type { CommandContext } from "../../src/cli/command.ts"
import { pipelineFlags } from "../../src/cli/command.ts"
import { readSettings } from "../../src/cli/config.ts"
import { parseCall } from "../../src/cli/parse.ts"
import { jobsFlag } from "../../src/cli/run-flags.ts"
import { memoryTerminal } from "../../src/cli/terminal.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ablate-config-"))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const declared = {
  name: "run",
  usage: ["run"],
  args: { min: 0, max: 9 },
  flags: [pipelineFlags, { title: "Run", flags: [jobsFlag] }]
}

const settings = async (line = "", env: NodeJS.ProcessEnv = {}) => {
  const { args, flags } = await parseCall(
    declared,
    line.split(" ").filter((word) => word !== "")
  )
  const context: CommandContext = {
    name: "run",
    args,
    flags,
    env: { HOME: folder, ...env },
    cwd: folder,
    out: memoryTerminal(),
    err: memoryTerminal(),
    json: false,
    quiet: false,
    verbose: false,
    ownStages: "/nowhere",
    printJson: () => {}
  }
  return readSettings(folder, context)
}

const write = (path: string, text: string) => {
  const file = join(folder, path)
  mkdirSync(join(file, ".."), { recursive: true })
  writeFileSync(file, text)
}

const problemOf = async (text: string): Promise<UserError> => {
  write("ablate.yaml", text)
  try {
    await settings()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error("these settings should have a problem")
}

describe("settings", () => {
  it("come from flag, environment, profile, project, user, in this order", async () => {
    write(".config/ablate/config.yaml", "jobs: 1\nstore: ~/values\ncolor: never\n")
    assert.deepStrictEqual(await settings(), {
      jobs: 1,
      store: join(process.env["HOME"] ?? "", "values"),
      color: "never"
    })
    write("ablate.yaml", "jobs: 2\nstore: values\nprofiles:\n  big:\n    jobs: 3\n")
    assert.strictEqual((await settings()).jobs, 2)
    assert.strictEqual((await settings()).store, join(folder, "values"))
    assert.strictEqual((await settings()).color, "never")
    assert.strictEqual((await settings("--profile big")).jobs, 3)
    assert.strictEqual((await settings("", { ABLATE_PROFILE: "big" })).jobs, 3)
    assert.strictEqual((await settings("--profile big", { ABLATE_JOBS: "4" })).jobs, 4)
    assert.strictEqual((await settings("--profile big -j 5", { ABLATE_JOBS: "4" })).jobs, 5)
  })
  it("name paths relative to where they are written", async () => {
    write(".config/ablate/config.yaml", "results: shown\n")
    assert.strictEqual((await settings()).results, join(folder, ".config/ablate/shown"))
    assert.strictEqual((await settings("--results there")).results, join(folder, "there"))
    assert.deepStrictEqual((await settings("--allow-path ..")).allowPaths, [join(folder, "..")])
    assert.deepStrictEqual((await settings("", { ABLATE_ALLOW_PATHS: "/a:b" })).allowPaths, [
      "/a",
      join(folder, "b")
    ])
  })
  it("name an engine by flag, environment, or file", async () => {
    write("ablate.yaml", "engine: webgpu\n")
    assert.strictEqual((await settings()).engine, "webgpu")
    assert.strictEqual((await settings("", { ABLATE_ENGINE: "tfjs" })).engine, "tfjs")
    assert.strictEqual((await settings("--engine cpu", { ABLATE_ENGINE: "tfjs" })).engine, "cpu")
    const error = await settings("", { ABLATE_ENGINE: "gpu" }).catch((error: unknown) => error)
    assert.instanceOf(error, UserError)
    assert.include(error.message, "ABLATE_ENGINE gpu: expected one of auto, cpu,")
  })
  it("are empty without any file", async () => {
    assert.deepStrictEqual(await settings(), {})
    write("ablate.yaml", "# nothing yet\n")
    assert.deepStrictEqual(await settings(), {})
  })
  it("say where a problem is, and what is meant", async () => {
    const unknown = await problemOf("jobs: 2\nstroe: values\n")
    assert.strictEqual(unknown.message, 'ablate.yaml:2:1: there is no setting "stroe"')
    assert.strictEqual(unknown.hint, 'did you mean "store"?')
    assert.strictEqual(
      (await problemOf("profiles:\n  big:\n    jobs: many\n")).message,
      "ablate.yaml:3:11: jobs must be a whole number of at least 1"
    )
    assert.include((await problemOf("color: blue\n")).message, "ablate.yaml:1:8: color is")
    assert.include((await problemOf("- jobs\n")).message, "ablate.yaml:1:1: expected settings")
    assert.include((await problemOf("jobs: 1\njobs: 2\n")).message, "ablate.yaml:2:1:")
    const engine = await problemOf("engine: gpu\n")
    assert.strictEqual(engine.message, 'ablate.yaml:1:9: there is no engine "gpu"')
    assert.include(engine.hint, "auto, cpu, webgpu, cuda")
  })
  it.skipIf(process.getuid?.() === 0)("say that a file may not be read", async () => {
    write("ablate.yaml", "jobs: 2\n")
    chmodSync(join(folder, "ablate.yaml"), 0)
    const error = await settings().catch((error: unknown) => error)
    assert.instanceOf(error, UserError)
    assert.strictEqual(
      error.message,
      "ablate.yaml cannot be read: you have no permission to read it"
    )
  })
  it("want a profile that exists", async () => {
    write("ablate.yaml", "profiles:\n  big:\n    jobs: 3\n")
    const error = await settings("--profile bgi").catch((error: unknown) => error)
    assert.instanceOf(error, UserError)
    assert.strictEqual(error.hint, "profiles are big")
  })
})
