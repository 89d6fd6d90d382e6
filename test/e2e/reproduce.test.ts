/** Same inputs, same bits: on another path, with other workers, under another time zone and locale. */
import { assert, beforeAll, describe, it } from "vitest"
import { cpSync } from "node:fs"
import * as path from "node:path"
import { ablate, checkout, copyOfCheckout, stagesOf } from "../support/project.ts"

const pipelines = ["quickstart", "forward-process", "classical-denoising"]
const elsewhere = { TZ: "Asia/Kathmandu", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" }

describe("reproducing", () => {
  let first = ""
  let second = ""
  const at = (folder: string) => ({ cwd: folder, launcher: path.join(folder, "bin", "ablate.mjs") })

  beforeAll(() => {
    first = copyOfCheckout()
    second = copyOfCheckout()
    cpSync(path.join(checkout, "LICENSE"), path.join(second, "LICENSE")) // not the same folder in another respect
  })

  it.each(pipelines)(
    "%s gives the same keys and bits in another clone, with other workers, time zone and locale",
    async (name) => {
      const here = await stagesOf(["run", name, "-j2"], at(first))
      const there = await stagesOf(["run", name, "-j1"], { ...at(second), env: elsewhere })
      const facts = (stages: typeof here) =>
        [...stages.values()].map(({ id, key, outputs }) => ({ id, key, outputs }))
      assert.deepStrictEqual(facts(there), facts(here))
    }
  )

  it.each(pipelines.flatMap((name) => [[name, "-j1"] as const, [name, "-j2"] as const]))(
    "reproduce %s %s finds the same bits",
    async (name, jobs) => {
      const result = await ablate(["reproduce", name, jobs], { ...at(first), env: elsewhere })
      assert.strictEqual(result.code, 0, result.stdout + result.stderr)
    }
  )
})
