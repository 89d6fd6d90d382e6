/** The command line on a project with a stage that is made of parts. */
import { assert, describe, it } from "@effect/vitest"
import { cpSync } from "node:fs"
import { join } from "node:path"
import {
  ablate,
  checkout,
  inState,
  type Invocation,
  stagesOf,
  start,
  temporaryFolder
} from "../support/project.ts"

const folder = temporaryFolder()
let projects = 0
const newProject = (): Invocation & { readonly cwd: string } => {
  const cwd = join(folder, `project-${(projects += 1)}`)
  cpSync(join(checkout, "test/fixtures/stepwise"), cwd, { recursive: true })
  return { cwd }
}
const steps = (count: number) => ["-S", `params.steps=${count}`]

describe("a stage of parts on the command line", () => {
  it("is planned, run, explained, shown, compared and reproduced as one", async () => {
    const project = newProject()
    const said = async (...args: ReadonlyArray<string>) => {
      const { code, stderr, stdout } = await ablate(args, project)
      return { code, stderr, stdout, text: stdout + stderr }
    }
    const check = await said("check", "stepwise")
    assert.include(check.stdout, "3 stages, 3 instances with 2 parts, no problems")
    const run = await said("run", "stepwise")
    assert.strictEqual(run.code, 0, run.stderr)
    assert.match(run.stderr, /✓ stepwise: 3 ran \(2 parts ran\) in /)
    assert.match((await said("run", "stepwise")).stderr, /all 3 known, nothing to run/)

    const plan = await said("plan", "stepwise", ...steps(4))
    assert.match(plan.stdout, /3 stage instances, 1 known, 1 will run, 1 depends on results/)
    assert.match(plan.stdout, / {2}run {6}walk {2}2 of 4 parts {2}from step-3: adds to step-2\n/)
    const each = await said("plan", "stepwise", "-v", ...steps(4))
    assert.match(each.stdout, /known {4}walk\/step-2\n {2}run {6}walk\/step-3 {4}new: adds to/)
    const why = await said("why", "walk", "stepwise", ...steps(4))
    assert.include(
      why.stdout,
      "parts       step-3 is the first that runs: adds to step-2; step-1 and step-2 are known"
    )

    const longer = await said("run", "stepwise", ...steps(4))
    assert.match(longer.stderr, /✓ walk\/step-3 /)
    assert.match(longer.stderr, /✓ stepwise: 2 ran, 1 known \(2 of 4 parts ran\) in /)
    assert.match((await said("runs")).stdout, /2 ran, 1 known \(2 of 4 parts ran\)/)
    const shown = await said("show", "last")
    assert.include(shown.stdout, "walk.end")
    assert.include(shown.stdout, "and 4 parts of stages; -v shows all")
    assert.include((await said("show", "walk")).stdout, "places from 4 of its parts")
    assert.match((await said("show", "walk/step-4.place")).stdout, /^walk\/step-4\.place {2}Tensor/)
    assert.match((await said("why", "walk/step-4", "stepwise", ...steps(4))).stdout, /: known\n/)

    const diff = await said("diff", "last~2", "last")
    assert.strictEqual(diff.code, 1)
    assert.include(diff.stdout, "the same: 1 of 3 stages")
    assert.include(diff.stdout, "input at: content changed, from walk\n")
    assert.notInclude(diff.stdout, "only in")
    const reproduced = await said("reproduce", "stepwise", ...steps(4))
    assert.strictEqual(reproduced.code, 0, reproduced.text)
    assert.match(reproduced.stdout, /✓ walk\/step-3 {2}the same bits/)
    assert.include(reproduced.stdout, "3 stages and 4 parts of stages reproduced, bit for bit")

    const graph = await said("graph", "stepwise")
    assert.notInclude(graph.stdout, "step-1")
    assert.match(graph.stdout, /walk {2}walk\/walk/)
  })

  it("is forced with its parts, or only one of these", async () => {
    const project = newProject()
    await ablate(["run", "matrix"], project)
    const all = await stagesOf(["plan", "matrix", "-f", "walk[pace=long]"], project)
    assert.strictEqual(all.get("walk[pace=long]/step-1")?.state, "run")
    assert.strictEqual(all.get("walk[pace=long]/step-1")?.reason, "forced")
    assert.strictEqual(all.get("walk[pace=short]/step-1")?.state, "known")
    const one = await stagesOf(["run", "matrix", "-f", "walk[pace=long]/step-2"], project)
    assert.deepStrictEqual(inState(one, "ran"), ["walk[pace=long]/step-2"])
    const only = await stagesOf(["plan", "matrix", "walk[pace=short]/step-2"], project)
    assert.deepStrictEqual(
      [...only.keys()],
      ["home", "walk[pace=short]/step-1", "walk[pace=short]/step-2"]
    )
    const wrong = await ablate(["plan", "matrix", "walk/step-9"], project)
    assert.include(wrong.stderr, "parts of walk are step-1, look-1, step-2, …")
    const diff = await ablate(["diff", "last~1", "last"], project)
    assert.strictEqual(diff.code, 0, diff.stdout)
    await ablate(["run", "matrix", "-S", "params.long=5"], project)
    const changed = await ablate(["diff", "last~1", "last"], project)
    assert.include(changed.stdout, "  its first part that differs is step-3: length: 2 → 5\n")
  })

  it("goes on after an interruption where it stopped", async () => {
    const project = newProject()
    const slow = [...steps(6), "-S", "params.pause=150"]
    const running = start(["run", "stepwise", ...slow], project)
    await new Promise<void>((resolve) => {
      let seen = ""
      running.child.stderr?.on("data", (text: string) => {
        seen += text
        if (seen.includes("✓ walk/step-2")) resolve()
      })
    })
    running.child.kill("SIGINT")
    const interrupted = await running.finished
    assert.strictEqual(interrupted.code, 130, interrupted.stderr)
    assert.match(interrupted.stderr, /interrupted; 1 ran, 2 skipped \(\d of 6 parts ran\) in /)
    const again = await stagesOf(["run", "stepwise", ...slow], project)
    assert.includeMembers([...inState(again, "known")], ["walk/step-1", "walk/step-2"])
    assert.include([...inState(again, "ran")], "walk/step-6")
  })

  it("tells which part failed, and whose it is", async () => {
    const project = newProject()
    const failed = await ablate(["run", "stepwise", "-S", "params.failAt=2"], project)
    assert.strictEqual(failed.code, 1)
    assert.include(failed.stderr, "✗ walk/step-2 (walk/step) failed after ")
    assert.include(failed.stderr, "  a stone is in the way\n  hint: walk around it\n")
    assert.match(failed.stderr, /1 ran, 1 failed, 1 skipped \(1 of 2 parts ran\) in /)
    assert.match(failed.stderr, /log: artifacts\/runs\/[^/]+\/logs\/walk_step-2-\w+\.log/)
  })

  it("is in the catalogue, what only its parts are is not", async () => {
    const project = newProject()
    const all = await ablate(["stages", "-q"], project)
    assert.include(all.stdout, "walk/walk\n")
    assert.notInclude(all.stdout, "walk/step\n")
    const one = await ablate(["stages", "walk/walk"], project)
    assert.notInclude(one.stdout, "After each step")
    const offered = async (...words: ReadonlyArray<string>) =>
      (await ablate(["__complete", "--", ...words], project)).stdout
    const types = await offered("stages", "walk/")
    assert.include(types, "walk/walk\n")
    assert.notInclude(types, "walk/step\n")
    await ablate(["run", "stepwise", "-q"], project)
    assert.strictEqual(await offered("show", "wal"), "walk\twalk/walk\n:files\n")
    assert.include(await offered("show", "walk/"), "walk/step-1\twalk/step\n")
  })
})
