/** `compare` and `show --rates` on a small project whose trainings take no time. */
import { assert, beforeAll, describe, it } from "vitest"
import { cpSync, existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { call } from "../../src/cli/main.ts"
import { memoryTerminal } from "../../src/cli/terminal.ts"
import { rateText } from "../../src/cli/rates/print.ts"
import { columnsOf } from "../../src/cli/rates/schedules.ts"
import { ablate as spawned, checkout, temporaryFolder } from "../support/project.ts"

const cwd = path.join(temporaryFolder(), "project")

/** In a process of its own: where the pipeline has to be checked, since its stages import `ablate`. */
const spawnedAblate = async (...argv: ReadonlyArray<string>) => {
  const { code, stderr, stdout } = await spawned(argv, { cwd })
  return { code, out: stdout, err: stderr }
}

/** In this process, which is quicker, once the checked pipeline is remembered. */
const ablate = async (...argv: ReadonlyArray<string>) => {
  const [out, err] = [memoryTerminal(), memoryTerminal()]
  const code = await call(argv, {
    env: { XDG_CONFIG_HOME: "/nonexistent" },
    cwd,
    ownStages: path.join(checkout, "stages"),
    out,
    err
  })
  return { code, out: out.text(), err: err.text() }
}
// oxlint-disable-next-line typescript/no-explicit-any -- documents of two shapes, each checked where it is read
const json = async (...argv: ReadonlyArray<string>): Promise<any> =>
  JSON.parse((await ablate(...argv, "--json")).out)
const file = (name: string) => readFileSync(path.join(cwd, name), "utf8")

beforeAll(() => {
  cpSync(path.join(checkout, "test/fixtures/compared"), cwd, { recursive: true })
})

describe("show --rates", () => {
  it("prints every rate before anything is trained, one column for all seeds", async () => {
    const { code, out } = await spawnedAblate("show", "--rates", "rates", "train")
    assert.strictEqual(code, 0)
    assert.strictEqual(
      out,
      [
        "train  3 schedules, 6 trainings",
        "  epoch  slow  fast      warm",
        "      1  0.01   0.1  0 → 0.05",
        "      2  0.01   0.1      0.05",
        "      3  0.01   0.1      0.05",
        ""
      ].join("\n")
    )
    assert.isFalse(existsSync(path.join(cwd, "artifacts", "runs")))
  })

  it("goes by what is set, and gives programs every step's rate", async () => {
    const { out } = await spawnedAblate("show", "--rates", "-S", "params.epochs=1", "--json")
    const { stages } = JSON.parse(out)
    const [{ instances, stage }] = stages
    assert.strictEqual(stage, "train")
    assert.strictEqual(instances.length, 6)
    assert.deepStrictEqual(instances[0].epochs, [{ epoch: 1, rate: 0.01 }])
    assert.strictEqual(instances[4].id, "train[rate=warm,seed=1]")
    assert.strictEqual(instances[4].epochs[0].rate.length, 20)
  })

  it("says which stage trains", async () => {
    const { code, err } = await spawnedAblate("show", "--rates", "rates", "score")
    assert.strictEqual(code, 2)
    assert.include(err, "score trains nothing")
    assert.include(err, "of train there are rates to show")
  })

  it("shows where a rate turns within an epoch", () => {
    assert.strictEqual(rateText({ epoch: 1, rate: [0, 0.02, 0.01] }), "0 → 0.02 → 0.01")
    assert.strictEqual(rateText({ epoch: 1, rate: [3e-4, 2e-4] }), "3e-4 → 2e-4")
  })

  it("names columns by the axes that rates depend on, whichever these are", () => {
    const schedule = (kind: string, batch: string, rate: number) => ({
      id: `train[kind=${kind},batch=${batch}]`,
      stage: "train",
      point: { kind, batch },
      epochs: [{ epoch: 1, rate }]
    })
    const names = (...rates: ReadonlyArray<number>) =>
      columnsOf([
        schedule("a", "8", rates[0]!),
        schedule("a", "9", rates[1]!),
        schedule("b", "8", rates[2]!),
        schedule("b", "9", rates[3]!)
      ]).map(({ name }) => name)
    assert.deepStrictEqual(names(1, 1, 1, 1), [""])
    assert.deepStrictEqual(names(1, 1, 2, 2), ["a", "b"])
    assert.deepStrictEqual(names(1, 2, 1, 2), ["8", "9"])
    assert.deepStrictEqual(names(1, 2, 3, 4), ["a · 8", "a · 9", "b · 8", "b · 9"])
  })
})

describe("compare", () => {
  it("says that nothing is known, before anything has run", async () => {
    const { code, err } = await spawnedAblate("compare")
    assert.notStrictEqual(code, 0)
    assert.match(err, /there is no store|is known yet/)
  })

  describe("of results", () => {
    beforeAll(async () => {
      const { code, stderr } = await spawned(["run"], { cwd })
      assert.strictEqual(code, 0, stderr)
    }, 60_000)

    it("ranks the variants, with means over the seed and the best marked", async () => {
      const { code, err, out } = await ablate("compare", "--over", "seed")
      assert.strictEqual(code, 0, err)
      assert.strictEqual(err, "")
      const lines = out.split("\n")
      assert.match(lines[0]!, /^rate +loss by step +finalTestLoss ↓ +finalLoss ↓ +agreement ↑$/)
      assert.match(lines[1]!, /^fast +[▁-█]{16} +0\.\d+ ± 0\.\d+ \* +\S+ ± \S+ \*/)
      assert.match(lines[2]!, /^warm /)
      assert.match(lines[3]!, /^slow /)
      assert.include(out, "mean ± standard deviation over seed · * the best")
      assert.include(out.replaceAll(/\s+/g, " "), "fast has the lowest final test loss")
    })

    it("shows what fits the terminal, the metric that ranks first, and -v everything", async () => {
      const best = ["--by", "wonders", "--best", "wonders=max"]
      const { out } = await ablate("compare", "--over", "seed", ...best)
      assert.match(out, /^rate +loss by step +wonders ↑/)
      assert.include(out, "All variants have the same wonders, 3 ± 0.")
      assert.include((await ablate("compare", "-v")).out, "the same in all runs: wonders 3")
    })

    it("takes one stage, and points without an axis to average over", async () => {
      const document = await json("compare", "rates", "score")
      assert.deepStrictEqual(document.stages, ["score"])
      assert.deepStrictEqual(
        document.variants.map(({ name }: { name: string }) => name).slice(0, 2),
        ["fast · seed 1", "fast · seed 2"]
      )
      assert.deepStrictEqual(
        document.metrics.map(({ name }: { name: string }) => name),
        ["agreement"]
      )
    })

    it("leaves out what is not known, and says so", async () => {
      const more = ["compare", "--over", "seed", "-S", "matrix.seed=[1,2,3]"]
      const { code, err, out } = await spawnedAblate(...more)
      assert.strictEqual(code, 0)
      assert.include(err, "left out, not known yet: train[rate=slow,seed=3]")
      assert.match(out, /^fast /m)
      const { over, unknown } = await json(...more)
      assert.deepStrictEqual(over.values, ["1", "2"])
      assert.strictEqual(unknown.length, 9)
      const none = await spawnedAblate("compare", "-S", "params.epochs=9")
      assert.strictEqual(none.code, 1)
      assert.include(none.err, "no result of train, score and dots is known yet")
    })

    it("writes a page with curves by time, names explained, samples; a figure; numbers", async () => {
      const { code, err, out } = await ablate(
        "compare",
        "--over=seed",
        "--x=time",
        "--smooth=5",
        "-q",
        "--html=out/page.html",
        "--csv=out/runs.csv",
        "--svg=out/loss.svg"
      )
      assert.deepStrictEqual([code, err, out], [0, "", ""])
      const page = file("out/page.html")
      assert.include(page, "<h1>rates</h1>")
      assert.include(page, "from: 0, to: 0.05")
      assert.include(page, `"start":{"scale":"log","progress":"seconds","level":`)
      assert.include(page, 'class="sample"')
      assert.include(page, "ablate compare pipelines/rates.yaml --over seed")
      assert.match(file("out/loss.svg"), /^<svg [\s\S]*training time in seconds/)
      assert.match(file("out/runs.csv"), /^rate,seed,finalLoss,finalTestLoss,agreement\r\nslow,1,/)
    })

    it("agrees with the stage report/compare", async () => {
      const { metrics, summary, variants } = await json("compare", "--over", "seed")
      const made = JSON.parse(file("results/rates/comparison.json"))
      assert.deepStrictEqual(
        { metrics, summary, variants },
        {
          metrics: made.metrics,
          summary: made.summary,
          variants: made.variants
        }
      )
    })

    it.each([
      [["--over", "sed"], "did you mean seed?"],
      [["--by", "finalLos"], "did you mean finalLoss?"],
      [["--by", "wonders"], "all runs have the same wonders: there is nothing to rank by"],
      [["--best", "wonders"], "expected METRIC=min or METRIC=max"],
      [["rates", "trian"], "did you mean train?"],
      [["rates", "report"], "stages that can be compared are train, score and dots"],
      [["--x", "hour"], "expected step, epoch or time"]
    ])("says what is wrong with %j", async (args, hint) => {
      const { code, err, out } = await ablate("compare", ...args)
      assert.strictEqual(code, 2)
      assert.include(err, hint)
      assert.strictEqual(out, "")
    })
  })
})
