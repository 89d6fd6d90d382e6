import { assert, describe, it } from "vitest"
import { closingLine, missingReport, reportOf } from "./report.ts"
import { type Outcome } from "./run-specs.ts"
import { isGood, summarise } from "./summary.ts"

const outcome = (
  name: string,
  status: Outcome["status"],
  messages: ReadonlyArray<string> = []
): Outcome => ({
  name,
  file: name.slice(0, name.indexOf(":")),
  status,
  ms: 1,
  kernels: {},
  messages
})
const missing = (kernel: string) => `Error: Kernel '${kernel}' not registered for backend 'onnx'.`

const run = {
  outcomes: [
    outcome("ops/neg: neg basic", "passed"),
    outcome("ops/neg: neg int32", "failed", ["Expected 1 to be -1."]),
    outcome("ops/conv2d: conv2d basic", "failed", [missing("Conv2D")]),
    outcome("ops/conv2d: conv2d bias", "failed", [missing("Conv2D"), missing("Add")]),
    outcome("ops/fft: 2D", "failed", ["no complex numbers"]),
    outcome("ops/fft: should throw", "passed"),
    outcome("debug_mode: debug on", "pending")
  ],
  errors: []
}
const skips = [{ pattern: "ops/fft:", reason: "no complex numbers" }]

describe("a summary of the op suite", () => {
  const summary = summarise(run, skips, true)

  it("counts what passed, failed, was skipped, and was never meant to run", () => {
    assert.strictEqual(
      closingLine(summary, 2.345),
      "6 specs: 2 passed, 3 failed, 1 skipped by list, 1 pending in TensorFlow.js; pass rate 33.33 %; 2.3 s"
    )
  })

  it("names the specs on the list that pass", () => {
    assert.deepStrictEqual(
      summary.recovered.map(({ name }) => name),
      ["ops/fft: should throw"]
    )
    assert.include(reportOf(summary, 20), "can be taken off the list")
  })

  it("counts failures for the family of the missing kernel", () => {
    assert.deepStrictEqual(summary.families.slice(0, 2), [
      { family: "convolution", specs: 2, failed: 2, missing: ["Conv2D", "Add"] },
      { family: "unary", specs: 2, failed: 1, missing: [] }
    ])
  })

  it("lists which failed specs miss which kernel", () => {
    assert.deepStrictEqual(missingReport(summary).split("\n"), [
      "Conv2D: missing in 2 failed specs",
      "  ops/conv2d: conv2d basic",
      "  ops/conv2d: conv2d bias",
      "Add: missing in 1 failed specs",
      "  ops/conv2d: conv2d bias"
    ])
  })

  it("names an entry of the list that is about no spec, when all of the suite ran", () => {
    const stale = [{ pattern: "ops/gone:", reason: "renamed" }]
    assert.deepStrictEqual(summarise(run, stale, true).idle, stale)
    assert.deepStrictEqual(summarise(run, stale, false).idle, [])
  })
})

describe("a run of the op suite", () => {
  const passing = [outcome("ops/neg: neg basic", "passed")]
  const isGoodWith = (
    outcomes: ReadonlyArray<Outcome>,
    strict = false,
    errors: ReadonlyArray<string> = []
  ) => isGood(summarise({ outcomes, errors }, skips, true), strict)

  it("is good when all that ran has passed", () => assert.isTrue(isGoodWith(passing)))

  it("is bad when a spec failed that is not on the list", () =>
    assert.isFalse(isGoodWith([...passing, outcome("ops/neg: neg int32", "failed")])))

  it("is bad when a suite could not be prepared, even if its specs passed", () =>
    assert.isFalse(isGoodWith(passing, false, ["beforeAll failed"])))

  it("is bad when nothing ran", () => assert.isFalse(isGoodWith([])))

  it("is bad, when strict, if the list is out of date", () => {
    const failing = outcome("ops/fft: 2D", "failed")
    const recovered = outcome("ops/fft: should throw", "passed")
    assert.isTrue(isGoodWith([...passing, failing], true))
    assert.isTrue(isGoodWith([...passing, recovered]))
    assert.isFalse(isGoodWith([...passing, recovered], true))
    assert.isFalse(isGoodWith(passing, true))
  })
})
