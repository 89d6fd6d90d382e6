/** Complete sampling runs by our own loop against the reference. */
import { assert, describe, it } from "vitest"
import { sharedFile } from "../../support/project.ts"
import { isOk } from "./check.ts"
import { pipelineChecks } from "./pipelines-check.ts"

const folder = sharedFile("fixtures", "if")

describe.skipIf(folder === undefined)("runs of DeepFloyd IF (slow)", () => {
  it.each(pipelineChecks)("are the reference's: $name", { timeout: 120_000 }, async ({ rows }) => {
    const found = await rows(folder!)
    assert.isAtLeast(found.length, 4)
    assert.deepStrictEqual(
      found.filter((row) => !isOk(row)),
      []
    )
  })
})
