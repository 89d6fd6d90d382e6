/** Programs compute the same on tfjs's cpu backend, by the rewritten program, and by the program as it was recorded. */
import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import type { Tensor4D } from "@tensorflow/tfjs"
import { compile } from "#src/engine/compile.ts"
import { register } from "#src/engine/backend/register.ts"
import { stages } from "#src/engine/rewrite/rules.ts"
import { type Result, runOn } from "../../support/backends.ts"
import { cpu, literal, unblocked } from "../../support/onnx-variants.ts"
import { type RandomProgram, evaluate, inputOf, programs } from "./random-programs.ts"

/** The engine, with a count of how often each rule fired. */
const fired = new Map<string, number>()
const counting = stages.map((rules) =>
  rules.map((rule) => ({
    ...rule,
    apply: (...args: Parameters<typeof rule.apply>) => {
      const values = rule.apply(...args)
      if (values !== undefined) fired.set(rule.name, (fired.get(rule.name) ?? 0) + 1)
      return values
    }
  }))
)
register({ target: cpu, threads: 2, name: "onnx, counted", stages: counting })

const largestOf = (values: ReadonlyArray<number>): number =>
  values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)

/**
 * Rounding errors are as large as the largest number on the way allows: sums of large terms may be small, and a rewrite may
 * order them otherwise.
 */
const tolerance = 1e-5

const assertEqual = (
  name: string,
  actual: ReadonlyArray<Result>,
  expected: ReadonlyArray<Result>,
  scale: number
): void => {
  assert.strictEqual(actual.length, expected.length)
  for (const [index, want] of expected.entries()) {
    const got = actual[index]!
    assert.deepStrictEqual([got.shape, got.dtype], [want.shape, want.dtype])
    const at = want.values.findIndex(
      (value, element) => !(Math.abs(value - got.values[element]!) <= tolerance * scale)
    )
    if (at >= 0) {
      assert.fail(
        `${name}: result ${index} [${want.shape.join()}], element ${at}: ${got.values[at]}, on the cpu backend ` +
          `${want.values[at]} (largest number on the way ${scale})`
      )
    }
  }
}

const check = (program: RandomProgram): void => {
  let scale = 1
  const expected = runOn("cpu", () =>
    evaluate(program, inputOf(program), (made) => {
      scale = Math.max(scale, largestOf([...made.dataSync()]))
    })
  )
  for (const { values } of expected) scale = Math.max(scale, largestOf(values))
  fc.pre(scale < 1e6)
  for (const backend of ["onnx, counted", literal, unblocked]) {
    assertEqual(
      backend,
      runOn(backend, () => evaluate(program, inputOf(program))),
      expected,
      scale
    )
  }
}

/** The same programs each time, among which every rule has work; more and others on demand. */
const asked = process.env["ABLATE_FUZZ_RUNS"]
const parameters = (runs: number) =>
  asked === undefined ? { numRuns: runs, seed: 11 } : { numRuns: Number(asked) }

describe("rewrites", () => {
  it("leave the results of random programs as they are", () => {
    fc.assert(fc.property(programs, check), parameters(90))
    const idle = stages.flat().flatMap(({ name }) => (fired.has(name) ? [] : [name]))
    assert.deepStrictEqual(idle, [], "rules that no program called for")
  }, 300_000)

  it("have the same bits in a compiled function", () => {
    fc.assert(
      fc.property(programs, (program) => {
        const compiled = compile((x: Tensor4D) => evaluate(program, x))
        assert.deepStrictEqual(
          runOn("onnx", () => compiled(inputOf(program))),
          runOn("onnx", () => evaluate(program, inputOf(program)))
        )
      }),
      parameters(20)
    )
  }, 300_000)
})
