/** A store on a file system that fills up. Needs root, to mount a small tmpfs; skipped elsewhere. */
import { afterAll, assert, describe, it } from "vitest"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, readdirSync } from "node:fs"
import * as path from "node:path"
import { ablate, checkout, inState, stagesOf, temporaryFolder } from "../support/project.ts"

const folder = temporaryFolder()
const mount = path.join(folder, "small")
mkdirSync(mount)
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", mount]).status === 0
afterAll(() => void spawnSync("umount", ["-l", mount]))

describe.skipIf(!mounted)("a full disk (needs the right to mount a tmpfs)", () => {
  const project = path.join(folder, "project")
  const store = path.join(mount, "artifacts")
  const run = ["-C", project, "run", "killed", "--store", store, "-j2"]
  const large = [...run, "--set", "params.salt=1", "--set", "stages.s3x0.with.kilobytes=9000"]

  it("fails with one clear message, and leaves the store sound", async () => {
    cpSync(path.join(checkout, "test", "fixtures", "killed"), project, { recursive: true })
    const failed = await ablate(large)
    assert.strictEqual(failed.code, 1, failed.stderr)
    assert.match(failed.stderr, /no space|disk.*full|full.*disk/i)
    assert.notMatch(failed.stderr, /\n\s+at .*:\d+:\d+/, "no stack trace for a full disk")
    const verified = await ablate(["-C", project, "store", "verify", "--store", store])
    assert.strictEqual(verified.code, 0, verified.stdout + verified.stderr)
    assert.deepStrictEqual(readdirSync(path.join(store, "tmp")), [])
  })

  it("goes on where it stopped, once there is space", async () => {
    spawnSync("mount", ["-o", "remount,size=64m", mount])
    const stages = await stagesOf(large)
    assert.strictEqual(inState(stages, "known").length + inState(stages, "ran").length, stages.size)
    assert.isAbove(inState(stages, "known").length, 0)
  })
})
