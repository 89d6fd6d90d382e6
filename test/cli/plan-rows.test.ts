import { assert, describe, it } from "@effect/vitest"
import { expect } from "vitest"
import { digestOf } from "../../src/base/digest.ts"
import { planRows, planText } from "../../src/cli/plan-rows.ts"
import { memoryTerminal } from "../../src/cli/terminal.ts"
import type { StageInstance } from "../../src/language/pipeline.ts"
import type { Cause, Decision, Plan } from "../../src/plan/plan.ts"

const key = digestOf("test", [])
const instance = (id: string): StageInstance => ({
  id,
  stage: id.split("[")[0] ?? id,
  point: {},
  uses: "noise/add",
  params: {},
  files: {},
  inputs: {},
  outputs: {},
  resources: {},
  position: { file: "p.yaml", line: 1, column: 1, length: 1 }
})
const known = (id: string): Decision => ({
  state: "known",
  instance: instance(id),
  key,
  outputs: {}
})
const run = (id: string, cause: Cause, expectedSeconds?: number): Decision => ({
  state: "run",
  instance: instance(id),
  key,
  recipe: { uses: "noise/add", params: {}, code: key, inputs: {}, files: {}, numerics: "v8@13" },
  causes: [cause],
  ...(expectedSeconds === undefined ? {} : { expectedSeconds })
})
const depends = (id: string, on: ReadonlyArray<string>): Decision => ({
  state: "depends",
  instance: instance(id),
  on,
  causes: []
})
const rate: Cause = { kind: "parameter", path: "learningRate", before: "1e-2", after: "1e-4" }

const seeds = Array.from({ length: 24 }, (_, seed) => seed)
const plan: Plan = {
  decisions: [
    known("digits"),
    ...seeds.map((seed) =>
      seed < 16 ? known(`train[seed=${seed}]`) : run(`train[seed=${seed}]`, rate, 3)
    ),
    ...seeds.map((seed) =>
      seed < 16
        ? known(`samples[seed=${seed}]`)
        : depends(`samples[seed=${seed}]`, [`train[seed=${seed}]`])
    ),
    run("report", { kind: "code", files: ["stages/report/compare.ts"] })
  ]
}

describe("a plan", () => {
  it("folds equal reasons of a stage's instances, and counts what is known", () => {
    const terminal = memoryTerminal({ columns: 80 })
    expect(planText(plan, { file: "pipelines/lr.yaml", jobs: 2, verbose: false, terminal }))
      .toMatchInlineSnapshot(`
      "pipelines/lr.yaml: 50 stage instances, 33 known, 9 will run, 8 depend on results to come

        run      train    8 of 24  learningRate: 1e-2 → 1e-4
        depends  samples  8 of 24  depends on train
        run      report            code: stages/report/compare.ts
        and 33 known (-v lists them)

      causes    8 parameters, 1 code, 8 that depend on these
      expected  about 12 s with -j 2, and 9 instances that no run has told about
      "
    `)
  })
  it("says so when there is nothing to run", () => {
    const terminal = memoryTerminal({ columns: 80 })
    const text = planText(
      { decisions: [known("a"), known("b")] },
      { file: "pipelines/lr.yaml", jobs: 2, verbose: false, terminal }
    )
    assert.strictEqual(text, "pipelines/lr.yaml: 2 stage instances, all known: nothing to run\n")
  })
  it("lists every instance when asked to", () => {
    assert.strictEqual(planRows(plan, true).length, plan.decisions.length)
  })
  it("does not list a reason for each of a thousand instances", () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      run(`train[seed=${index}]`, {
        kind: "parameter",
        path: "seed",
        before: "0",
        after: String(index)
      })
    )
    const rows = planRows({ decisions: many }, false)
    assert.strictEqual(rows.length, 4)
    assert.strictEqual(rows.at(-1)?.reason, "997 other reasons (-v lists them)")
    assert.strictEqual(rows.at(-1)?.share, "997 of 1000")
  })
})
