/** The part of the parity table that needs no network. */
import { assert, describe, it } from "vitest"
import { isOk } from "../../parity/if/check.ts"
import { schedulerCheck } from "../../parity/if/scheduler-check.ts"
import { sharedFile } from "../../support/project.ts"

const folder = sharedFile("fixtures", "if")

describe.skipIf(folder === undefined)("DeepFloyd IF's scheduler", () => {
  it("is followed number by number, each within its tolerance (takes a second or two)", async () => {
    const rows = await schedulerCheck.rows(folder!)
    assert.deepStrictEqual(
      rows.filter((row) => !isOk(row)),
      []
    )
    assert.strictEqual(rows.length, 25)
  })
})
