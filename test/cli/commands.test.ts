/** The command line as a user calls it: whole processes on a small project. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, cpSync, existsSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import {
  ablate,
  checkout,
  inState,
  type Invocation,
  launcher,
  type Running,
  stagesOf,
  start,
  temporaryFolder
} from "../support/project.ts"

const folder = temporaryFolder()
let projects = 0
const newProject = (): Invocation & { readonly cwd: string } => {
  const cwd = join(folder, `project-${(projects += 1)}`)
  cpSync(join(checkout, "test/fixtures/watched"), cwd, { recursive: true })
  return { cwd }
}
const json = (text: string) => JSON.parse(text)

/** Sends the signal once the run says on standard error that something has happened. */
const signalAfter = async ({ child }: Running, text: string, signal: NodeJS.Signals) => {
  await new Promise<void>((resolve) => {
    let seen = ""
    child.stderr?.on("data", (more: string) => {
      seen += more
      if (seen.includes(text)) resolve()
    })
  })
  child.kill(signal)
}

describe("run", () => {
  it("runs the only pipeline, then knows everything, and tells why", async () => {
    const project = newProject()
    const plan = await stagesOf(["plan"], project)
    assert.deepStrictEqual(inState(plan, "run"), ["first"])
    const first = await ablate(["run", "-v"], project)
    assert.strictEqual(first.code, 0, first.stderr)
    assert.match(first.stderr, /✓ watched: 7 ran in \S+ \S+ \(run [a-z]+-[a-z]+-\d+\)/)
    const known = await stagesOf(["run"], project)
    assert.strictEqual(inState(known, "known").length, 7)
    assert.isTrue(
      [...known.values()].every(({ outputs, seconds }) => seconds === 0 && outputs !== undefined)
    )
    const again = await ablate(["run"], project)
    assert.match(again.stderr, /^✓ watched: all 7 known, nothing to run, in .*\n$/)

    const changed = await stagesOf(["plan", "-S", "params.pause=2"], project)
    assert.strictEqual(changed.get("slow")?.reason, "pause: 1 → 2")
    assert.strictEqual(changed.get("slow")?.state, "run")
    assert.strictEqual(changed.get("last")?.state, "depends")
    const ran = await stagesOf(["run", "-S", "params.pause=2"], project)
    assert.sameMembers([...inState(ran, "ran")], ["slow", "each[n=1]", "each[n=2]", "each[n=3]"])
    assert.strictEqual(ran.get("last")?.reason, "its inputs came out as before")

    const before = await ablate(["why", "slow", "-S", "params.pause=3"], project)
    assert.match(before.stdout, /^slow \(test\/count\): will run\n {2}why {9}pause: 2 → 3\n/)
    const after = await ablate(["why", "slow", "-S", "params.pause=2"], project)
    assert.include(after.stdout, "it ran because: pause: 1 → 2")
    assert.match(after.stdout, /made {8}by run [a-z]+-[a-z]+-\d+ at /)
  })

  it("loads nothing heavy when everything is known", async () => {
    const project = newProject()
    assert.strictEqual((await ablate(["run"], project)).code, 0)
    const file = join(project.cwd, "loaded.json")
    const recorder = pathToFileURL(join(import.meta.dirname, "record-loaded.mjs")).href
    const env = { NODE_OPTIONS: `--import ${recorder}`, ABLATE_TEST_LOADED: file }
    const result = await ablate(["run"], { ...project, env })
    assert.strictEqual(result.code, 0, result.stderr)
    const { loaded, builtin } = json(readFileSync(file, "utf8")) as {
      readonly loaded: ReadonlyArray<string>
      readonly builtin: ReadonlyArray<string>
    }
    assert.isTrue(
      loaded.some((url) => url.endsWith("src/plan/prepare.ts")),
      "the recorder works"
    )
    const code = loaded.filter((url) => !url.endsWith("package.json"))
    const packages = code.flatMap(
      (url) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []
    )
    assert.deepStrictEqual(
      [...new Set(packages)].filter((name) => name !== "fastest-levenshtein"),
      [],
      result.stderr
    )
    assert.isEmpty(
      loaded.filter((url) => url.includes("/stages/") || url.includes("/language/check.ts"))
    )
    assert.isEmpty(
      builtin.filter((name) => /NativeModule (?:sqlite|child_process|net|http|tty)$/.test(name))
    )
  })

  it("tells what failed and where its log is, and goes on when asked to", async () => {
    const project = newProject()
    const failed = await ablate(["run", "-S", "params.failAt=1", "-k"], project)
    assert.strictEqual(failed.code, 1)
    assert.strictEqual(failed.stdout, "")
    assert.include(failed.stderr, "  step 1 cannot be counted\n  hint: set failAt to -1\n")
    assert.match(failed.stderr, /failed after .* · \S+\.yaml:\d+:\d+\n/)
    assert.include(failed.stderr, "  │ step 0\n  │ step 1\n")
    const log = /log: (\S+)/.exec(failed.stderr)?.[1] ?? ""
    assert.include(readFileSync(join(project.cwd, log), "utf8"), "step 1")
    assert.match(failed.stderr, /✗ watched: 5 ran, 1 failed, 1 skipped in /)
    const stages = await stagesOf(["run", "-S", "params.failAt=1"], project, 1)
    assert.deepStrictEqual(inState(stages, "failed"), ["slow"])
    assert.deepStrictEqual(inState(stages, "skipped"), ["last"])
  })

  it("prints only errors and results when quiet", async () => {
    const project = newProject()
    const quiet = await ablate(["run", "-q"], project)
    assert.deepStrictEqual([quiet.code, quiet.stdout, quiet.stderr], [0, "", ""])
  })

  it("runs a part, and again what is forced", async () => {
    const project = newProject()
    const part = await stagesOf(["run", "watched", "each[n=2]"], project)
    assert.sameMembers([...part.keys()], ["first", "each[n=2]"])
    const only = await ablate(["run", "--only", "last"], project)
    assert.strictEqual(only.code, 2)
    assert.include(only.stderr, "--until last")
    const forced = await stagesOf(["run", "first", "-f", "fi*"], project)
    assert.strictEqual(forced.get("first")?.state, "ran")
    assert.strictEqual(forced.get("first")?.reason, "forced")
    const wrong = await ablate(["run", "frist"], project)
    assert.strictEqual(wrong.code, 2)
    assert.include(wrong.stderr, "did you mean first?")
    const executor = await ablate(["run", "--executor", "slurm"], project)
    assert.strictEqual(executor.code, 2)
    assert.include(executor.stderr, 'there is no executor "slurm"')
  })

  it("stops gently at the first signal, keeps what is done, and says how it ended", async () => {
    const project = newProject()
    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143]
    ] as const) {
      const running = start(["run", "-S", "params.pause=50"], project)
      await signalAfter(running, "> slow", signal)
      const result = await running.finished
      assert.strictEqual(result.code, code, result.stderr)
      assert.include(
        result.stderr,
        "stopping: finishing what runs; press Ctrl-C again to stop now\n"
      )
      assert.include(result.stderr, "! watched: interrupted; ")
    }
    const plan = await stagesOf(["plan"], project)
    assert.strictEqual(plan.get("first")?.state, "known")
    const runs = json((await ablate(["runs", "--json"], project)).stdout)
    assert.deepStrictEqual(
      runs.runs.map(({ state }: { readonly state: string }) => state),
      ["interrupted", "interrupted"]
    )
  })

  it("stops now at the second signal, though a stage does not listen", async () => {
    const project = newProject()
    const running = start(["run", "-S", "params.pause=1000", "-S", "params.deaf=true"], project)
    await signalAfter(running, "> slow", "SIGINT")
    const asked = Date.now()
    await signalAfter(running, "stopping: ", "SIGINT")
    const result = await running.finished
    assert.strictEqual(result.code, 130, result.stderr)
    assert.isBelow(Date.now() - asked, 4000, "before the grace of five seconds has passed")
  })
})

describe("calls", () => {
  it("take settings from a file, the environment and flags", async () => {
    const project = newProject()
    writeFileSync(join(project.cwd, "ablate.yaml"), "store: values\n")
    assert.strictEqual((await ablate(["run", "first"], project)).code, 0)
    assert.isTrue(existsSync(join(project.cwd, "values/store.json")))
    const elsewhere = { env: { ABLATE_STORE: join(project.cwd, "elsewhere") } }
    assert.strictEqual((await ablate(["-C", project.cwd, "run", "first"], elsewhere)).code, 0)
    assert.isTrue(existsSync(join(project.cwd, "elsewhere/store.json")))
    assert.isFalse(existsSync(join(project.cwd, "artifacts")))
    writeFileSync(join(project.cwd, "ablate.yaml"), "stroe: values\n")
    const wrong = await ablate(["run"], project)
    assert.strictEqual(wrong.code, 2)
    assert.strictEqual(
      wrong.stderr,
      'error: ablate.yaml:1:1: there is no setting "stroe"\nhint:  did you mean "store"?\n'
    )
  })

  it("show the problems of a pipeline and run nothing", async () => {
    const project = newProject()
    const file = join(project.cwd, "pipelines/watched.yaml")
    writeFileSync(file, readFileSync(file, "utf8").replace("steps: 3", "stesp: 3"))
    const text = await ablate(["run"], project)
    assert.strictEqual(text.code, 2)
    assert.strictEqual(text.stdout, "")
    assert.match(text.stderr, /pipelines\/watched\.yaml:\d+:\d+/)
    assert.match(text.stderr, /\n\d errors?\n$/)
    const document = json((await ablate(["run", "--json"], project)).stdout)
    assert.strictEqual(document.command, "run")
    assert.isAtLeast(document.diagnostics.length, 1)
    assert.strictEqual((await ablate(["check", "--all"], project)).code, 2)
    const status = json((await ablate(["status", "--json"], project)).stdout)
    assert.isAtLeast(status.pipelines[0].problems, 1)
  })

  it("check, list and summarise", async () => {
    const project = newProject()
    const check = await ablate(["check"], project)
    assert.strictEqual(check.stdout, "pipelines/watched.yaml: 5 stages, 7 instances, no problems\n")
    assert.strictEqual((await ablate(["runs"], project)).code, 0)
    assert.match(
      (await ablate(["status"], project)).stdout,
      /^watched {2}0 of 7 known {2}never run\n$/
    )
    await ablate(["run"], project)
    assert.match(
      (await ablate(["status"], project)).stdout,
      /^watched {2}all known {2}\S+, done just now\n$/
    )
    const { stdout: name } = await ablate(["runs", "-q"], project)
    assert.match(name, /^[a-z]+-[a-z]+-\d+\n$/)
    const runs = await ablate(["runs", "watched"], project)
    assert.include(runs.stdout, `${name.trim()}  watched   just now  done   7 ran`)
  })

  it("survive a reader that goes away", async () => {
    const running = start(["--help"])
    running.child.stdout?.destroy()
    const { code, stderr } = await running.finished
    assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
  })

  it.skipIf(process.getuid?.() === 0)("plan a project that may not be written", async () => {
    const { cwd } = newProject()
    chmodSync(cwd, 0o555)
    for (const command of [["check"], ["plan"], ["status"]]) {
      const { code, stderr } = await ablate(command, { cwd })
      assert.deepStrictEqual([code, stderr], [0, ""])
    }
    const { code, stderr } = await ablate(["run"], { cwd })
    chmodSync(cwd, 0o755)
    assert.strictEqual(code, 1)
    assert.match(stderr, /^error: there is no permission to write a new store in /)
  })

  it("say what to do when Node is too old", async () => {
    const older = "Object.defineProperty(process, 'versions', { value: { node: '20.19.0' } })"
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(older)}` }
    const { code, stderr, stdout } = await ablate(["run"], { env })
    assert.deepStrictEqual([code, stdout], [2, ""])
    assert.match(
      stderr,
      /^error: ablate needs Node 24\.11 or newer; this is Node 20\.19\.0 .*\nhint: {2}`npm ci` in /
    )
  })

  it("go on with the Node beside ablate when the one that started it is too old", () => {
    const older = "Object.defineProperty(process, 'versions', { value: { node: '20.19.0' } })"
    const node = join(temporaryFolder(), "node")
    copyFileSync(process.execPath, node)
    const { status, stderr, stdout } = spawnSync(
      node,
      ["--import", `data:text/javascript,${encodeURIComponent(older)}`, launcher, "help", "rnu"],
      { cwd: tmpdir(), encoding: "utf8" }
    )
    assert.deepStrictEqual([status, stdout], [2, ""])
    assert.match(stderr, /^error: there is no command "rnu"\n/)
  })
})
