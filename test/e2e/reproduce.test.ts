/** Same inputs, same bits: on another path, with other workers, under another time zone and locale. */
import { assert, beforeAll, describe, it } from "vitest"
import { cpSync } from "node:fs"
import * as path from "node:path"
import { ablate, checkout, copyOfCheckout, stagesOf } from "../support/project.ts"

const small = ["digits=72", "train=64", "epochs=2", "channels=4", "steps=2", "perClass=1"]
const pipelines: ReadonlyArray<readonly [name: string, set: ReadonlyArray<string>]> = [
  ["lighthouse", []],
  ["forward-process", []],
  ["classical-denoising", []],
  ["quickstart", small.flatMap((one) => ["-S", `params.${one}`])]
]
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
    async (name, set) => {
      const here = await stagesOf(["run", name, ...set, "-j2"], at(first))
      const there = await stagesOf(["run", name, ...set, "-j1"], { ...at(second), env: elsewhere })
      const facts = (stages: typeof here) =>
        [...stages.values()].map(({ id, key, outputs }) => ({ id, key, outputs }))
      assert.deepStrictEqual(facts(there), facts(here))
    }
  )

  it.each(
    pipelines.flatMap(([name, set]) => [[name, "-j1", set] as const, [name, "-j2", set] as const])
  )("reproduce %s %s finds the same bits", async (name, jobs, set) => {
    const result = await ablate(["reproduce", name, jobs, ...set], { ...at(first), env: elsewhere })
    assert.strictEqual(result.code, 0, result.stdout + result.stderr)
  })
})
