/** Experiment 2.1 on a photograph, as a researcher would repeat and change it. */
import { assert, beforeAll, describe, it } from "vitest"
import { readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import {
  ablate,
  copyOfCheckout,
  inState,
  sharedFile,
  type StageJson,
  stagesOf
} from "../support/project.ts"

const astronaut = sharedFile("data", "images", "astronaut.png")

/** ᾱ_t of IF's cosine schedule, float64, from the definition. */
const alphaBarAt: Readonly<Record<number, number>> = {
  0: 0.99995872,
  30: 0.99646582,
  90: 0.97653932,
  240: 0.85697679,
  250: 0.84588799,
  390: 0.66082243,
  500: 0.49228517,
  540: 0.43017168,
  690: 0.21452302,
  750: 0.14317865,
  780: 0.11203352,
  840: 0.060155419,
  900: 0.023616109,
  960: 0.0036896115,
  990: 0.00019671738
}

describe.skipIf(astronaut === undefined)(
  "forward-process on a photograph (needs ../shared)",
  () => {
    let folder = ""
    const run = ["run", "pipelines/forward-process.yaml", "--set", `params.image=${astronaut}`]
    const here = () => ({ cwd: folder, launcher: path.join(folder, "bin", "ablate.mjs") })
    const edit = (file: string, change: (text: string) => string) => {
      const place = path.join(folder, file)
      const before = readFileSync(place, "utf8")
      const after = change(before)
      assert.notStrictEqual(after, before, `the test's edit of ${file} changes nothing`)
      writeFileSync(place, after)
    }
    const digests = (stages: Awaited<ReturnType<typeof stagesOf>>) =>
      [...stages.values()].map(({ id, outputs }) => [id, outputs])

    beforeAll(() => {
      folder = copyOfCheckout()
    })

    it("makes the noisy images, with the ᾱ of the definition", async () => {
      const stages = await stagesOf(run, here())
      assert.strictEqual(inState(stages, "ran").length, stages.size)
      const digest = using(stages, "schedule/cosine").outputs?.["schedule"]?.digest ?? ""
      const shown = await ablate(["show", digest, "--json"], here())
      assert.strictEqual(shown.code, 0, shown.stderr)
      const exported = path.join(folder, "schedule.json")
      const written = await ablate(["show", digest, "-o", exported], here())
      assert.strictEqual(written.code, 0, written.stderr)
      const text = readFileSync(exported, "utf8")
      const alphaBar = findNumbers(JSON.parse(text), "alphaBar")
      assert.strictEqual(alphaBar.length, 1000)
      for (const [t, expected] of Object.entries(alphaBarAt)) {
        assert.closeTo(alphaBar[Number(t)] ?? Number.NaN, expected, 1e-6, `t = ${t}`)
      }
    })

    it("runs nothing the second time, and has the same digests", async () => {
      const first = await stagesOf(run, here())
      const second = await stagesOf(run, here())
      assert.strictEqual(inState(second, "known").length, second.size)
      assert.deepStrictEqual(digests(second), digests(first))
    })

    it("runs again only what depends on a changed timestep, and says so", async () => {
      const changed = [...run, "--set", "params.timesteps=[250,500,740]"]
      const plan = await stagesOf(["plan", ...changed.slice(1)], here())
      const noise = using(plan, "noise/add")
      assert.strictEqual(noise.state, "run")
      assert.match(noise.reason, /timesteps.*750 → 740/)
      const why = await ablate(
        ["why", noise.id, "pipelines/forward-process.yaml", ...changed.slice(2)],
        here()
      )
      assert.match(`${why.stdout}${why.stderr}`, /750 → 740/)
      const ran = await stagesOf(changed, here())
      assert.notInclude(inState(ran, "ran"), "photograph")
      assert.include(inState(ran, "ran"), noise.id)
      for (const stage of ran.values()) {
        if (["image/load", "schedule/cosine"].includes(stage.uses))
          assert.strictEqual(stage.state, "known")
      }
    })

    it("runs nothing when a comment of a stage changes", async () => {
      edit("stages/noise/add.ts", (text) => `// A remark.\n${text}\n/* and another */\n`)
      const stages = await stagesOf(run, here())
      assert.strictEqual(inState(stages, "known").length, stages.size)
    })

    it("runs a stage whose arithmetic changed, but nothing after it where the bits stay equal", async () => {
      edit("src/diffusion/forward-process.ts", (text) =>
        text.replace("Math.sqrt(1 - alphaBar)", "1 * Math.sqrt(1 - alphaBar)")
      )
      const plan = await stagesOf(["plan", ...run.slice(1)], here())
      const noise = using(plan, "noise/add")
      assert.strictEqual(noise.state, "run", JSON.stringify(noise))
      assert.match(noise.reason, /code: .*src\/diffusion\/forward-process\.ts/)
      const stages = await stagesOf(run, here())
      assert.deepStrictEqual(inState(stages, "ran"), [noise.id])
      // Without a pipeline: that of the run just now, with the photograph that was set for it.
      const why = await ablate(["why", noise.id], here())
      assert.match(`${why.stdout}${why.stderr}`, /forward-process\.ts/)
    })

    it("names another photograph as the cause", async () => {
      const other = sharedFile("data", "images", "coffee.png")
      const plan = await stagesOf(
        ["plan", "pipelines/forward-process.yaml", "--set", `params.image=${other}`],
        here()
      )
      const load = using(plan, "image/load")
      assert.strictEqual(load.state, "run")
      assert.match(load.reason, /content changed/)
    })
  }
)

/** The one stage of a type. */
const using = (stages: ReadonlyMap<string, StageJson>, uses: string): StageJson => {
  const stage = [...stages.values()].find((each) => each.uses === uses)
  if (stage === undefined) throw new Error(`no stage uses ${uses}`)
  return stage
}

/** The list of numbers under a key, wherever it is. */
const findNumbers = (json: unknown, key: string): ReadonlyArray<number> => {
  if (typeof json !== "object" || json === null) return []
  const record = json as Record<string, unknown>
  if (Array.isArray(record[key])) return record[key] as ReadonlyArray<number>
  for (const member of Object.values(record)) {
    const found = findNumbers(member, key)
    if (found.length > 0) return found
  }
  return []
}
