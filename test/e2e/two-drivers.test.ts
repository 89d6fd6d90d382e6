import { assert, it } from "vitest"
import { cpSync } from "node:fs"
import * as path from "node:path"
import { checkout, inState, stagesOf, temporaryFolder } from "../support/project.ts"

it("two drivers at once on one store compute each action once, and both are right", async () => {
  const project = path.join(temporaryFolder(), "project")
  cpSync(path.join(checkout, "test", "fixtures", "killed"), project, { recursive: true })
  const run = ["-C", project, "run", "killed", "-j2", "--set", "params.salt=7"]
  const [first, second] = await Promise.all([stagesOf(run), stagesOf(run)])
  const outputs = (stages: typeof first) =>
    [...stages.values()].map(({ id, outputs }) => [id, outputs])
  assert.deepStrictEqual(outputs(first), outputs(second))
  const ranTwice = inState(first, "ran").filter((id) => inState(second, "ran").includes(id))
  assert.deepStrictEqual(ranTwice, [])
  assert.strictEqual(inState(first, "ran").length + inState(second, "ran").length, first.size)
})
