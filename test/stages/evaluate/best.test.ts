import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import { UserError } from "../../../src/base/user-error.ts"
import type { Labelled } from "../../../src/stage.ts"
import type { Metrics } from "../../../src/values/values.ts"
import best from "../../../stages/evaluate/best.ts"
import { checkStage, decodeExample, runStage } from "../../support/run-stage.ts"

/** A variant's metrics from `t=…` → mse. */
const variant = (label: string, values: { readonly [row: string]: number }): Labelled<Metrics> => ({
  label,
  value: {
    type: "Metrics",
    scalars: {},
    series: Object.entries(values).map(([label, mse], index) => ({ index, label, mse }))
  }
})
const failureOf = (metrics: ReadonlyArray<Labelled<Metrics>>, params: object = {}) =>
  runStage(best, { metrics }, params).then(
    () => assert.fail("expected a failure"),
    (error: unknown) => {
      assert.instanceOf(error, UserError)
      return error.message
    }
  )

describe("evaluate/best", () => {
  const metrics = [
    variant("blur=small", { "t=250": 0.02, "t=750": 0.4 }),
    variant("blur=large", { "t=250": 0.03, "t=750": 0.1 })
  ]

  it("names the best variant of each row, with all values beside it", async () => {
    const { table } = await runStage(best, { metrics })
    assert.deepStrictEqual(table, {
      type: "Table",
      columns: ["label", "best", "mse", "blur=small", "blur=large"],
      rows: [
        { label: "t=250", best: "blur=small", mse: 0.02, "blur=small": 0.02, "blur=large": 0.03 },
        { label: "t=750", best: "blur=large", mse: 0.1, "blur=small": 0.4, "blur=large": 0.1 }
      ]
    })
  })

  it("turns round for metrics that should be large", async () => {
    const { table } = await runStage(best, { metrics }, { direction: "max" })
    assert.deepStrictEqual(
      table.rows.map((row) => row["best"]),
      ["blur=large", "blur=small"]
    )
  })

  it("knows the direction of the usual metrics and asks for that of others", () => {
    for (const metric of ["mse", "psnr", "ssim"])
      assert.deepStrictEqual(checkStage(best, { metric }), [])
    assert.deepStrictEqual(checkStage(best, { metric: "loss" })[0]!.path, ["direction"])
    assert.deepStrictEqual(checkStage(best, { metric: "loss", direction: "min" }), [])
  })

  it("takes the largest PSNR without being told", async () => {
    const psnr = (label: string, psnr: number): Labelled<Metrics> => ({
      label,
      value: { type: "Metrics", scalars: {}, series: [{ label: "t=1", psnr }] }
    })
    const { table } = await runStage(
      best,
      { metrics: [psnr("a", 20), psnr("b", 30)] },
      { metric: "psnr" }
    )
    assert.strictEqual(table.rows[0]!["best"], "b")
  })

  it("finds the smallest value, the first of equals, whatever the variants", async () => {
    const values = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(values, async (values) => {
        const metrics = values.map((value, i) => variant(`v=${i}`, { only: value }))
        const { table } = await runStage(best, { metrics })
        const smallest = Math.min(...values)
        assert.strictEqual(table.rows[0]!["best"], `v=${values.indexOf(smallest)}`)
        assert.strictEqual(table.rows[0]!["mse"], smallest)
      })
    )
  })

  it("names rows by another column on request", async () => {
    const { table } = await runStage(best, { metrics }, { row: "index" })
    assert.deepStrictEqual(
      table.rows.map((row) => row["index"]),
      ["0", "1"]
    )
  })

  it("compares only variants with the same rows", async () => {
    const shorter = variant("blur=odd", { "t=250": 1 })
    assert.include(await failureOf([...metrics, shorter]), "only one has t=750")
    assert.include(await failureOf([shorter, ...metrics]), "only one has t=750")
  })

  it("says which variant lacks the metric, the column or different names", async () => {
    assert.include(await failureOf(metrics, { metric: "psnr" }), 'blur=small has no number "psnr"')
    const diverged = variant("a", { "t=250": Number.NaN })
    assert.include(await failureOf([diverged]), 'row t=250 of a has no number "mse"')
    assert.include(await failureOf(metrics, { row: "epoch" }), 'blur=small has no column "epoch"')
    const repeated = {
      ...variant("a", {}).value,
      series: [
        { label: "x", mse: 1 },
        { label: "x", mse: 2 }
      ]
    }
    assert.include(await failureOf([{ label: "a", value: repeated }]), "two rows of a are named x")
  })

  it("needs variants with different labels", async () => {
    assert.include(await failureOf([metrics[0]!, metrics[0]!]), '"blur=small"')
  })

  it("has an example that is right", () => {
    const { inputs, params, uses } = decodeExample(best)
    assert.strictEqual(uses, "evaluate/best")
    assert.deepStrictEqual(inputs, Object.keys(best.inputs))
    assert.deepStrictEqual(params, { metric: "mse", row: "label" })
  })
})
