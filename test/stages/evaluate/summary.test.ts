import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { canonicalJson } from "../../../src/base/json.ts"
import type { Metrics } from "../../../src/values/values.ts"
import summary from "../../../stages/evaluate/summary.ts"
import { runStage } from "../../support/run-stage.ts"

const at = (
  label: string,
  scalars: Metrics["scalars"],
  series: Metrics["series"] = []
): { label: string; value: Metrics } => ({ label, value: { type: "Metrics", scalars, series } })

const runs = [
  at("schedule=fixed,seed=1", { loss: 1 }, [{ sigma: 0.5, mse: 1 }]),
  at("schedule=fixed,seed=2", { loss: 3 }, [{ sigma: 0.5, mse: 2 }]),
  at("schedule=decay,seed=1", { loss: 5, accuracy: 0.5 }),
  at("schedule=decay,seed=2", { loss: 6 })
]
const summaryOf = async (
  metrics: ReadonlyArray<ReturnType<typeof at>>,
  params: object = {},
  logged: Array<string> = []
) => {
  const context = { log: (line: string) => logged.push(line) }
  return (await runStage(summary, { metrics }, params, context)).table
}

describe("evaluate/summary", () => {
  it("has a line a variant, with mean, deviation and number", async () => {
    const { columns, rows } = await summaryOf(runs, { metrics: ["loss"] })
    assert.deepStrictEqual(columns, ["schedule", "n", "loss", "loss ±"])
    assert.deepStrictEqual(rows, [
      { schedule: "fixed", n: 2, loss: 2, "loss ±": Math.SQRT2 },
      { schedule: "decay", n: 2, loss: 5.5, "loss ±": Math.SQRT1_2 }
    ])
  })

  it("says which metrics are missing in some", async () => {
    const { columns, rows } = await summaryOf(runs)
    assert.deepStrictEqual(columns, [
      "schedule",
      "n",
      "loss",
      "loss ±",
      "accuracy",
      "accuracy ±",
      "note"
    ])
    assert.strictEqual(rows[0]!["note"], "accuracy of 0 only")
    assert.strictEqual(rows[1]!["note"], "accuracy of 1 only")
    assert.strictEqual(rows[1]!["accuracy"], 0.5)
    assert.notProperty(rows[1], "accuracy ±")
  })

  it("takes rows by their name", async () => {
    const { columns, rows } = await summaryOf(runs.slice(0, 2), { rows: "sigma" })
    assert.deepStrictEqual(columns, ["schedule", "sigma", "n", "mse", "mse ±"])
    assert.deepStrictEqual(rows, [
      { schedule: "fixed", sigma: 0.5, n: 2, mse: 1.5, "mse ±": Math.SQRT1_2 }
    ])
  })

  it("reports an axis that changed nothing", async () => {
    const logged: Array<string> = []
    const same = [at("seed=1", { loss: 0.1 }), at("seed=2", { loss: 0.1 })]
    const { columns, rows } = await summaryOf(same, {}, logged)
    assert.deepStrictEqual(columns, ["n", "loss", "loss ±", "note"])
    assert.strictEqual(rows[0]!["note"], "seed changed nothing")
    assert.deepStrictEqual([rows[0]!["loss"], rows[0]!["loss ±"]], [0.1, 0])
    assert.include(logged.join(), "the axis seed changed no number")
  })

  it("can hold what diverged", async () => {
    const { rows } = await summaryOf([at("seed=1", { loss: NaN }), at("seed=2", { loss: 1 })])
    assert.strictEqual(rows[0]!["loss"], "NaN")
    canonicalJson(rows)
  })

  it("says what there is when asked for something else", async () => {
    const failureOf = async (params: object, metrics = runs) => {
      const failure = await summaryOf(metrics, params).catch((error: unknown) => error)
      assert.instanceOf(failure, UserError)
      return `${failure.message} ${failure.hint}`
    }
    assert.include(await failureOf({ over: "rate" }), "they differ in schedule, seed")
    assert.include(await failureOf({ metrics: ["psnr"] }), "there are loss, accuracy")
    assert.include(await failureOf({}, [at("train.metrics", { loss: 1 })]), "collect them")
    const clash = [at("n=1,seed=1", { loss: 1 }), at("n=1,seed=2", { loss: 2 })]
    assert.include(await failureOf({}, clash), 'named "n"')
  })
})
