/** The published package: built, laid out as npm does, and used by a project with a stage of its own. */
import { assert, beforeAll, describe, it } from "vitest"
import { execFileSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs"
import * as path from "node:path"
import { ablate, checkout, inState, stagesOf, temporaryFolder } from "../support/project.ts"

describe("an installed ablate (slow: builds the package)", () => {
  const folder = temporaryFolder()
  const project = path.join(folder, "project")
  const installed = path.join(project, "node_modules", "ablate")
  const here = { cwd: project, launcher: path.join(installed, "bin", "ablate.mjs") }

  beforeAll(() => {
    const build = path.join(folder, "build")
    mkdirSync(build)
    for (const part of [
      "bin",
      "src",
      "stages",
      "pipelines",
      "weights",
      "package.json",
      "tsconfig.json",
      "tsconfig.build.json"
    ]) {
      cpSync(path.join(checkout, part), path.join(build, part), { recursive: true })
    }
    symlinkSync(path.join(checkout, "node_modules"), path.join(build, "node_modules"))
    execFileSync(process.execPath, ["bin/build.mjs"], { cwd: build })
    mkdirSync(installed, { recursive: true })
    for (const part of ["bin", "dist", "package.json"]) {
      cpSync(path.join(build, part), path.join(installed, part), { recursive: true })
    }
    for (const name of readdirSync(path.join(checkout, "node_modules"))) {
      if (name === ".bin" || name === "ablate") continue
      symlinkSync(
        path.join(checkout, "node_modules", name),
        path.join(project, "node_modules", name)
      )
    }
    cpSync(path.join(checkout, "test", "fixtures", "killed"), project, { recursive: true })
  }, 120_000)

  it("runs a project's own stages, and its own, and knows them the second time", async () => {
    const first = await stagesOf(["run", "killed"], here)
    assert.strictEqual(inState(first, "ran").length, first.size)
    const second = await stagesOf(["run", "killed"], here)
    assert.strictEqual(inState(second, "known").length, second.size)
    const catalogue = await ablate(["stages"], here)
    assert.match(catalogue.stdout, /noise\/add/)
    assert.match(catalogue.stdout, /slow\/sum/)
  })

  it("starts a project with init that runs at once", async () => {
    const made = await ablate(["init", "begun"], here)
    assert.strictEqual(made.code, 0, made.stderr)
    const begun = path.join(project, "begun")
    const stages = await stagesOf(["-C", begun, "run"], here)
    assert.strictEqual(inState(stages, "ran").length, stages.size)
  })
})
