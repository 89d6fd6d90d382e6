/** Projects in temporary folders, and the command line run on them as a user would. */
import { type ChildProcess, spawn } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"

export const checkout = path.join(import.meta.dirname, "..", "..")
export const launcher = path.join(checkout, "bin", "ablate.mjs")

/** The folder of photographs and reference vectors beside the checkout. */
const shared = path.join(checkout, "..", "shared")

/**
 * A file below the shared folder, or `undefined` where the folder is not there: the test then skips itself.
 *
 * @throws Error where the data must be there (`ABLATE_REQUIRE_SHARED=1`, as in `.ci/run`)
 */
export const sharedFile = (...parts: ReadonlyArray<string>): string | undefined => {
  const file = path.join(shared, ...parts)
  if (existsSync(file)) return file
  if (process.env["ABLATE_REQUIRE_SHARED"] === "1")
    throw new Error(`${file} must be there in this run`)
  return undefined
}

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly finished: Promise<Finished>
}

/** A folder that is removed when the tests of the file are over. */
export const temporaryFolder = (name = "ablate-test-"): string => {
  const folder = mkdtempSync(path.join(tmpdir(), name))
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A copy of the checkout's sources that a test may edit; `node_modules` is shared. */
export const copyOfCheckout = (): string => {
  const folder = path.join(temporaryFolder(), "ablate")
  mkdirSync(folder)
  for (const part of [
    "bin",
    "src",
    "stages",
    "pipelines",
    "schema",
    "package.json",
    "tsconfig.json"
  ]) {
    if (existsSync(path.join(checkout, part))) {
      cpSync(path.join(checkout, part), path.join(folder, part), {
        recursive: true,
        preserveTimestamps: true
      })
    }
  }
  symlinkSync(path.join(checkout, "node_modules"), path.join(folder, "node_modules"))
  return folder
}

export interface Invocation {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** The launcher of another checkout. */
  readonly launcher?: string
}

export const start = (args: ReadonlyArray<string>, how: Invocation = {}): Running => {
  const child = spawn(process.execPath, [how.launcher ?? launcher, ...args], {
    cwd: how.cwd ?? checkout,
    env: { ...process.env, NO_COLOR: "1", CI: "true", XDG_CONFIG_HOME: "/nonexistent", ...how.env },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const output = { stdout: "", stderr: "" }
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text))
  const finished = new Promise<Finished>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, ...output }))
  })
  return { child, finished }
}

/** Runs `ablate ARGS` to its end. */
export const ablate = (args: ReadonlyArray<string>, how: Invocation = {}): Promise<Finished> =>
  start(args, how).finished

export interface StageJson {
  readonly id: string
  readonly uses: string
  readonly state: string
  readonly reason: string
  readonly key: string
  readonly seconds: number
  readonly outputs?: { readonly [port: string]: { readonly type: string; readonly digest: string } }
}

/** `ablate run|plan … --json`, its stages by id; throws when it did not end with `code`. */
export const stagesOf = async (
  args: ReadonlyArray<string>,
  how: Invocation = {},
  code = 0
): Promise<ReadonlyMap<string, StageJson>> => {
  const result = await ablate([...args, "--json"], how)
  if (result.code !== code) {
    throw new Error(
      `ablate ${args.join(" ")} ended with ${result.code}:\n${result.stderr}\n${result.stdout}`
    )
  }
  const { stages } = JSON.parse(result.stdout) as { readonly stages: ReadonlyArray<StageJson> }
  return new Map(stages.map((stage) => [stage.id, stage]))
}

/** The ids of the stages in a state. */
export const inState = (
  stages: ReadonlyMap<string, StageJson>,
  state: string
): ReadonlyArray<string> =>
  [...stages.values()].filter((stage) => stage.state === state).map((stage) => stage.id)
