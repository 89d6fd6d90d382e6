import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { encodeValue } from "../../../src/values/codec.ts"
import type { File } from "../../../src/values/values.ts"
import compare from "../../../stages/report/compare.ts"
import { synthetic } from "../../figures/synthetic.ts"
import { checkStage, decodeExample, runStage } from "../../support/run-stage.ts"

const { epochs, images, metrics, scores } = synthetic({
  schedules: ["decay", "fixed-1e-4"],
  seeds: [1, 2],
  epochs: 2,
  stepsPerEpoch: 30
})
const text = ({ bytes }: File) => new TextDecoder().decode(bytes)

describe("report/compare", () => {
  it("writes a page, tables and a figure, the same each time", async () => {
    const run = () =>
      runStage(compare, { metrics, epochs, scores, images }, { title: "Rates", over: "seed" })
    const outputs = await run()
    const { csv, json, loss, report, table } = outputs
    assert.deepStrictEqual(
      [report, csv, json, loss].map(({ mediaType, name }) => [name, mediaType]),
      [
        ["comparison.html", "text/html"],
        ["comparison.csv", "text/csv"],
        ["comparison.json", "application/json"],
        ["comparison-loss.svg", "image/svg+xml"]
      ]
    )
    assert.include(text(report), "<h1>Rates</h1>")
    assert.include(text(report), "<strong>decay</strong> has the lowest final test loss")
    assert.strictEqual(text(csv).split("\r\n").length, 1 + 4 + 1)
    assert.strictEqual(JSON.parse(text(json)).by, "finalTestLoss")
    assert.match(text(loss), /^<svg /)
    assert.deepStrictEqual(
      table.rows.map((row) => [row["schedule"], row["runs"]]),
      [
        ["decay", 2],
        ["fixed-1e-4", 2]
      ]
    )
    for (const value of Object.values(outputs)) encodeValue(value)
    assert.deepStrictEqual(await run(), outputs)
  })

  it("compares evaluations of anything, without curves", async () => {
    const plain = ["3", "5"].map((kernel) => ({
      label: `kernel=${kernel}`,
      value: { type: "Metrics", scalars: { wonders: Number(kernel) }, series: [] } as const
    }))
    const { loss, report } = await runStage(
      compare,
      { metrics: plain, epochs: [], scores: [], images: [] },
      { best: { wonders: "max" }, name: "reports/wonders" }
    )
    assert.strictEqual(report.name, "reports/wonders.html")
    assert.include(text(report), "<strong>5</strong> has the highest wonders")
    assert.include(text(loss), "no losses by step were given")
  })

  it("says which axes there are", async () => {
    const error = await runStage(
      compare,
      { metrics, epochs, scores, images },
      { over: "sede" }
    ).catch((error: unknown) => error)
    assert.instanceOf(error, UserError)
    assert.strictEqual(error.hint, "did you mean seed?")
  })

  it("takes only file names below the results", () => {
    assert.deepStrictEqual(checkStage(compare, { name: "reports/a" }), [])
    assert.deepStrictEqual(checkStage(compare, { name: "../a" })[0]?.path, ["name"])
  })

  it("has an example that is right", () => {
    const { inputs, params, uses } = decodeExample(compare)
    assert.strictEqual(uses, "report/compare")
    assert.deepStrictEqual(inputs, Object.keys(compare.inputs))
    assert.deepStrictEqual(params, {
      title: "Learning-rate schedules",
      name: "comparison",
      over: "seed",
      best: {}
    })
  })
})
