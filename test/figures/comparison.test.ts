import { assert, describe, it } from "vitest"
import { UserError } from "../../src/base/user-error.ts"
import { compareRuns } from "../../src/figures/comparison/comparison.ts"
import { directionOf, metricTitle } from "../../src/figures/comparison/metric-names.ts"
import { divergenceOf } from "../../src/figures/comparison/notes.ts"
import { csvOf, documentOf, tableOf } from "../../src/figures/comparison/records.ts"
import { type ComparedRun, joinRuns } from "../../src/figures/comparison/runs.ts"
import { plainText, summaryOf } from "../../src/figures/comparison/summary.ts"
import type { AtPoint } from "../../src/values/aggregate.ts"
import type { Metrics } from "../../src/values/values.ts"

const metrics = (scalars: Metrics["scalars"], series: Metrics["series"] = []): Metrics => ({
  type: "Metrics",
  scalars,
  series
})
const run = (label: string, scalars: Metrics["scalars"]): AtPoint<ComparedRun> => ({
  label,
  value: { scalars }
})
const failure = (act: () => unknown): UserError => {
  try {
    act()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  return assert.fail("expected a UserError")
}

const schedules = [
  run("schedule=decay,seed=1", { finalTestLoss: 0.1, agreement: 0.9, wonders: 1 }),
  run("schedule=decay,seed=2", { finalTestLoss: 0.12, agreement: 0.92, wonders: 2 }),
  run("schedule=fixed,seed=1", { finalTestLoss: 0.3, agreement: 0.95, wonders: 3 }),
  run("schedule=fixed,seed=2", { finalTestLoss: 0.34, agreement: 0.97, wonders: 4 })
]

describe("joinRuns", () => {
  it("puts together by points, whatever the order, and spreads what depends on fewer axes", () => {
    const runs = joinRuns({
      metrics: [
        { label: "width=8,seed=1", value: metrics({ finalLoss: 1 }) },
        { label: "width=8,seed=2", value: metrics({ finalLoss: 2 }) }
      ],
      scores: [
        { label: "seed=2", value: metrics({ agreement: 0.2 }) },
        { label: "seed=1", value: metrics({ agreement: 0.1 }) },
        { label: "width=8", value: metrics({ parameters: 7 }) }
      ]
    })
    assert.deepStrictEqual(
      runs.map(({ label, value }) => [label, value.scalars]),
      [
        ["width=8,seed=1", { finalLoss: 1, agreement: 0.1, parameters: 7 }],
        ["width=8,seed=2", { finalLoss: 2, agreement: 0.2, parameters: 7 }]
      ]
    )
  })

  it("knows stages by their names where references are listed", () => {
    const [first] = joinRuns({
      metrics: [{ label: "a.metrics", value: metrics({ finalLoss: 1 }) }],
      epochs: [{ label: "a.epochs", value: metrics({}) }]
    })
    assert.strictEqual(first!.label, "a")
    assert.isDefined(first!.value.epochs)
  })

  it("says what belongs to no run, to the same twice, or has a name twice", () => {
    const base = { metrics: [{ label: "seed=1", value: metrics({}) }] }
    const scores = [{ label: "seed=2", value: metrics({}) }]
    assert.include(failure(() => joinRuns({ ...base, scores })).message, "seed=2 belong to none")
    const twice = { metrics: [...base.metrics, ...base.metrics] }
    assert.include(failure(() => joinRuns(twice)).message, "two inputs are the metrics of seed=1")
    const clash = [1, 2].map((mse) => ({ label: "seed=1", value: metrics({ mse }) }))
    assert.include(failure(() => joinRuns({ ...base, scores: clash })).message, "called mse")
  })
})

describe("compareRuns", () => {
  it("averages over an axis, marks the best and ranks by the test loss", () => {
    const { axes, by, metrics, over, ranking, variants } = compareRuns(schedules, { over: "seed" })
    assert.deepStrictEqual(axes, [{ name: "schedule", values: ["decay", "fixed"] }])
    assert.deepStrictEqual(over, { name: "seed", values: ["1", "2"] })
    assert.deepStrictEqual(
      variants.map(({ name, runs }) => [name, runs.length]),
      [
        ["decay", 2],
        ["fixed", 2]
      ]
    )
    assert.closeTo(variants[0]!.spreads.get("finalTestLoss")!.deviation!, 0.02 / Math.SQRT2, 1e-12)
    assert.strictEqual(by?.name, "finalTestLoss")
    assert.deepStrictEqual(ranking, [0, 1])
    assert.deepStrictEqual(
      metrics.map(({ best, direction, name }) => [name, direction, best]),
      [
        ["finalTestLoss", "min", [0]],
        ["agreement", "max", [1]],
        ["wonders", undefined, []]
      ]
    )
  })

  it("shows only axes that differ, and names variants by them", () => {
    const runs = [
      run("kind=a,width=8,batch=4", { loss: 1 }),
      run("kind=b,width=8,batch=16", { loss: 2 })
    ]
    const { constant, variants } = compareRuns(runs)
    assert.deepStrictEqual(constant, [{ name: "width", value: "8" }])
    assert.deepStrictEqual(
      variants.map(({ name }) => name),
      ["a · batch 4", "b · batch 16"]
    )
  })

  it("ranks by what it is told, in the direction that it is told", () => {
    const ranked = compareRuns(schedules, { over: "seed", by: "wonders", best: { wonders: "max" } })
    assert.deepStrictEqual(ranked.ranking, [1, 0])
    assert.strictEqual(ranked.by?.name, "wonders")
  })

  it("puts variants without a number last", () => {
    const runs = [
      run("rate=1", { finalLoss: Number.NaN }),
      run("rate=2", {}),
      run("rate=3", { finalLoss: 3 }),
      run("rate=4", { finalLoss: 2 })
    ]
    const { metrics, ranking } = compareRuns(runs)
    assert.deepStrictEqual(ranking, [3, 2, 0, 1])
    assert.deepStrictEqual(metrics[0]?.best, [3])
  })

  it("says what is wrong with its options", () => {
    assert.include(failure(() => compareRuns(schedules, { over: "sed" })).hint, "seed")
    assert.include(failure(() => compareRuns(schedules, { by: "agrement" })).hint, "agreement")
    assert.include(failure(() => compareRuns(schedules, { by: "wonders" })).hint, "wonders: min")
    assert.include(failure(() => compareRuns([])).message, "no runs")
  })
})

describe("notes", () => {
  const losses = (values: ReadonlyArray<number>): ComparedRun => ({
    scalars: {},
    metrics: metrics(
      {},
      values.map((loss, index) => ({ step: index + 1, loss }))
    )
  })
  const falling = Array.from({ length: 100 }, (_, step) => 1 / (1 + step))

  it("tell of an axis that changed no bit, and of deviations that mean nothing", () => {
    const runs = ["a", "b"].flatMap((kind) =>
      ["1", "2"].map((seed) => run(`kind=${kind},seed=${seed}`, { loss: kind === "a" ? 1 : 2 }))
    )
    assert.deepStrictEqual(compareRuns(runs, { over: "seed" }).notes, [
      "The axis seed changed no bit of any result: it may not reach what was measured. The deviations over seed therefore say nothing."
    ])
  })

  it("tell of variants that are one and the same", () => {
    const runs = [
      run("rate=1", { loss: 1 }),
      run("rate=1.0", { loss: 1 }),
      run("rate=2", { loss: 2 })
    ]
    assert.deepStrictEqual(compareRuns(runs).notes, ["1 and 1.0 came out equal, bit for bit."])
  })

  it("know a training that diverged from one that did not", () => {
    assert.isUndefined(divergenceOf(losses(falling)))
    assert.include(divergenceOf(losses([...falling, Number.NaN]))!, "NaN at step 101")
    assert.include(divergenceOf(losses(falling.toReversed()))!, "above its beginning")
    const back = [...falling, ...falling.toReversed().slice(0, 95)]
    assert.match(divergenceOf(losses(back))!, /^the loss ends at .*, after .* by step/)
    assert.isUndefined(divergenceOf(losses([1, 2, 3])))
  })

  it("say of which variants, and when some have fewer runs", () => {
    const runs = [
      { label: "rate=1,seed=1", value: losses(falling) },
      { label: "rate=1,seed=2", value: losses(falling.map((loss) => loss * 2)) },
      { label: "rate=9,seed=1", value: losses([...falling, Number.POSITIVE_INFINITY]) }
    ]
    assert.deepStrictEqual(compareRuns(runs, { over: "seed" }).notes, [
      "9 diverged: the loss is ∞ at step 101.",
      "Not every variant has 2 runs: 9 has 1."
    ])
  })
})

describe("the summary", () => {
  const words = (...args: Parameters<typeof compareRuns>) =>
    plainText(summaryOf(compareRuns(...args)))

  it("says what was compared and who wins by what", () => {
    assert.strictEqual(
      words(schedules, { over: "seed" }),
      "This page compares 2 values of schedule, each over 2 values of seed (1 and 2): 4 runs. decay has the lowest final test loss, 0.110 ± 0.014; next is fixed with 0.32 ± 0.03. fixed has the highest classifier agreement (0.960 ± 0.014). "
    )
  })

  it("says when a difference is within the deviation", () => {
    const close = [1, 2, 1.1, 2.2].map((loss, index) =>
      run(`kind=${index < 2 ? "a" : "b"},seed=${index % 2}`, { finalLoss: loss })
    )
    assert.include(words(close, { over: "seed" }), "a difference within the deviation over seed")
    const single = close.filter((_, index) => index % 2 === 0)
    assert.include(words(single, { over: "seed" }), "one run each cannot say how much")
  })

  it("has ties share the place", () => {
    const tied = [run("a=x", { loss: 1, mse: 1 }), run("a=y", { loss: 1, mse: 2 })]
    assert.include(words(tied, { by: "loss" }), "All variants have the same training loss, 1.")
  })
})

describe("records", () => {
  const compared = compareRuns(schedules, { over: "seed" })

  it("are a table of means and deviations, best first", () => {
    const { columns, rows } = tableOf(compared)
    assert.deepStrictEqual(columns.slice(0, 4), [
      "schedule",
      "runs",
      "finalTestLoss",
      "finalTestLoss deviation"
    ])
    assert.deepStrictEqual(
      rows.map((row) => [row["schedule"], row["runs"], row["wonders"]]),
      [
        ["decay", 2, 1.5],
        ["fixed", 2, 3.5]
      ]
    )
  })

  it("are CSV with a row a run, as measured, quoted where it must be", () => {
    assert.strictEqual(
      csvOf(compared).split("\r\n").slice(0, 2).join("|"),
      "schedule,seed,finalTestLoss,agreement,wonders|decay,1,0.1,0.9,1"
    )
    assert.include(csvOf(compareRuns([run('say "a", b', { loss: 1 })])), '"say ""a"", b",1')
  })

  it("are JSON also where numbers are not finite", () => {
    const document = documentOf(compareRuns([run("a=1", { loss: Number.NaN }), run("a=2", {})]))
    assert.include(JSON.stringify(document), '"mean":"NaN"')
    assert.deepStrictEqual(
      (documentOf(compared)["variants"] as ReadonlyArray<{ name: string }>).map(({ name }) => name),
      ["decay", "fixed"]
    )
  })
})

describe("names of metrics", () => {
  it("say whether less or more is better, or nothing", () => {
    const direction = (name: string) => directionOf(name) ?? "none"
    assert.deepStrictEqual(
      ["finalTestLoss", "meanPsnr", "ssim", "frechetDistance", "finalTestAccuracy"].map(direction),
      ["min", "max", "max", "min", "max"]
    )
    assert.deepStrictEqual(["nearestDistance", "bestEpoch", "images"].map(direction), [
      "none",
      "none",
      "none"
    ])
  })

  it("are words for people", () => {
    assert.deepStrictEqual(
      ["frechetDistance", "meanPsnr", "finalTestAccuracy", "a_b"].map(metricTitle),
      ["Fréchet distance", "mean PSNR", "final test accuracy", "a b"]
    )
  })
})
