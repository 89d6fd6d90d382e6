import { assert, describe, it } from "vitest"
import * as fc from "fast-check"
import {
  type EpochRates,
  isRelative,
  type LearningRate,
  needsSteps,
  ratesOfEpoch,
  ratesOfRun,
  type Run
} from "../../src/training/learning-rate.ts"

const nearAll = (got: ReadonlyArray<EpochRates>, expected: ReadonlyArray<number>, part = 1e-12) => {
  assert.strictEqual(got.length, expected.length)
  for (const [index, rate] of expected.entries()) {
    assert.closeTo(got[index] as number, rate, part * Math.max(rate, 1e-9))
  }
}
const decay = (more: object = {}): LearningRate => ({
  kind: "exponential",
  initial: 1e-2,
  factorOverRun: 0.1,
  every: "epoch",
  ...more
})

describe("a constant rate", () => {
  it("is itself in every epoch, written either way", () => {
    assert.deepStrictEqual(ratesOfRun(1e-4, { epochs: 2 }), [1e-4, 1e-4])
    assert.deepStrictEqual(
      ratesOfRun({ kind: "constant", value: 1e-4 }, { epochs: 2 }),
      [1e-4, 1e-4]
    )
  })
})

describe("an exponential rate", () => {
  it("over ten epochs has the rates of the experiment: 1e-2 g^e with g = 0.1^(1/10)", () => {
    const table = [
      1e-2, 7.943e-3, 6.31e-3, 5.012e-3, 3.981e-3, 3.162e-3, 2.512e-3, 1.995e-3, 1.585e-3, 1.259e-3
    ]
    // The table has four digits.
    nearAll(ratesOfRun(decay(), { epochs: 10 }), table, 3e-4)
  })
  it("has g = 0.891251 over twenty epochs", () => {
    const [first, second] = ratesOfRun(decay({ initial: 1 }), { epochs: 20 })
    assert.strictEqual(first, 1)
    assert.closeTo(second as number, 0.891251, 5e-7)
  })
  it("with a factor multiplies by it, an epoch or a step", () => {
    const schedule = { kind: "exponential", initial: 1, factor: 0.5 } as const
    nearAll(ratesOfRun({ ...schedule, every: "epoch" }, { epochs: 3 }), [1, 0.5, 0.25])
    const stepped = ratesOfRun({ ...schedule, every: "step" }, { epochs: 2, stepsPerEpoch: 2 })
    assert.deepStrictEqual(stepped, [
      [1, 0.5],
      [0.25, 0.125]
    ])
  })
  it("relative to the run and set by the step would reach the factor one step after the end", () => {
    const rates = ratesOfRun(decay({ every: "step" }), { epochs: 4, stepsPerEpoch: 5 }).flat()
    for (const [step, rate] of rates.entries()) {
      assert.closeTo(rate, 1e-2 * 0.1 ** (step / 20), 1e-15)
    }
  })
})

describe("a cosine", () => {
  it("starts at the first rate, is in the middle half way, and stays at the last", () => {
    const schedule = { kind: "cosine", initial: 3, final: 1, epochs: 4, every: "epoch" } as const
    const expected = [3, 2 + Math.SQRT1_2, 2, 2 - Math.SQRT1_2, 1, 1]
    nearAll(ratesOfRun(schedule, { epochs: 6 }), expected)
  })
  it("without a length takes the run, and comes near its end but not to it", () => {
    const schedule = { kind: "cosine", initial: 1, final: 0, every: "epoch" } as const
    nearAll(ratesOfRun(schedule, { epochs: 2 }), [1, 0.5])
  })
  it("counts in steps when its length is in steps", () => {
    const schedule = { kind: "cosine", initial: 1, final: 0, steps: 4, every: "step" } as const
    const rates = ratesOfRun(schedule, { epochs: 2, stepsPerEpoch: 3 })
    const [a, b] = [0.5 + Math.SQRT1_2 / 2, 0.5 - Math.SQRT1_2 / 2]
    nearAll(rates.flat(), [1, a, 0.5, b, 0, 0])
  })
})

describe("a piecewise rate", () => {
  it("changes once as many epochs are done", () => {
    const schedule = { kind: "piecewise", values: [3, 2, 1], epochs: [1, 3] } as const
    assert.deepStrictEqual(ratesOfRun(schedule, { epochs: 4 }), [3, 2, 2, 1])
  })
  it("may change within an epoch, and is a number in the others", () => {
    const schedule = { kind: "piecewise", values: [2, 1], steps: [5] } as const
    assert.deepStrictEqual(ratesOfRun(schedule, { epochs: 3, stepsPerEpoch: 3 }), [2, [2, 2, 1], 1])
  })
})

describe("a warm-up", () => {
  it("rises step by step to a constant, from its first rate", () => {
    const schedule = { kind: "constant", value: 1, warmup: { steps: 4, from: 0.2 } } as const
    const rates = ratesOfRun(schedule, { epochs: 2, stepsPerEpoch: 3 })
    nearAll(rates.flat(), [0.2, 0.4, 0.6, 0.8, 1, 1])
  })
  it("of epochs leaves the later ones one rate", () => {
    const schedule = { kind: "constant", value: 1, warmup: { epochs: 1, from: 0 } } as const
    assert.deepStrictEqual(ratesOfRun(schedule, { epochs: 2, stepsPerEpoch: 2 }), [[0, 0.5], 1])
    assert.strictEqual(ratesOfEpoch(schedule, 2, { epochs: 2 }), 1)
  })
  it("lets the schedule go on beneath it", () => {
    const schedule = decay({ warmup: { epochs: 2, from: 0 } })
    const rates = ratesOfRun(schedule, { epochs: 3, stepsPerEpoch: 1 })
    nearAll(rates, [0, 1e-2 * 0.1 ** (1 / 3) * 0.5, 1e-2 * 0.1 ** (2 / 3)])
  })
})

const rate = fc.double({ min: 1e-6, max: 1, noNaN: true })
const count = fc.integer({ min: 1, max: 6 })
const every = fc.constantFrom("epoch", "step")
const warmup = fc.option(
  fc.oneof(
    fc.record({ epochs: count, from: rate }),
    fc.record({ steps: count, from: fc.constant(0) })
  ),
  { nil: undefined }
)
const rising = fc
  .uniqueArray(count, { minLength: 1, maxLength: 3 })
  .map((at) => at.toSorted((a, b) => a - b))
const length = fc.oneof(fc.record({ epochs: count }), fc.record({ steps: count }))
const boundaries = fc.oneof(fc.record({ epochs: rising }), fc.record({ steps: rising }))
/** Those whose rates do not depend on the length of the run. */
const absolute = fc.oneof(
  rate,
  fc.record({ kind: fc.constant("constant" as const), value: rate, warmup }),
  fc.record({
    kind: fc.constant("exponential" as const),
    initial: rate,
    factor: rate,
    every,
    warmup
  }),
  fc
    .record({ kind: fc.constant("cosine" as const), initial: rate, final: rate, every, warmup })
    .chain((schedule) => length.map((length) => Object.assign({}, schedule, length))),
  boundaries.chain((at) =>
    fc.record({
      kind: fc.constant("piecewise" as const),
      values: fc.array(rate, { minLength: 4, maxLength: 4 }),
      warmup,
      ...(("epochs" in at
        ? { epochs: fc.constant(at.epochs) }
        : { steps: fc.constant(at.steps) }) as object)
    })
  )
) as fc.Arbitrary<LearningRate>
const relative = fc.oneof(
  fc.record({
    kind: fc.constant("exponential" as const),
    initial: rate,
    factorOverRun: rate,
    every,
    warmup
  }),
  fc.record({ kind: fc.constant("cosine" as const), initial: rate, final: rate, every, warmup })
) as fc.Arbitrary<LearningRate>
const run = fc.record({ epochs: count, stepsPerEpoch: count })

const flat = (rates: EpochRates, { stepsPerEpoch }: Run) =>
  typeof rates === "number" ? Array.from({ length: stepsPerEpoch! }, () => rates) : rates

describe("every schedule", () => {
  it("has rates that are numbers of 0 or more, one or one for each step", () => {
    fc.assert(
      fc.property(fc.oneof(absolute, relative), run, (schedule, run) => {
        for (const rates of ratesOfRun(schedule, run)) {
          const list = flat(rates, run)
          assert.strictEqual(list.length, run.stepsPerEpoch)
          assert.isTrue(list.every((rate) => Number.isFinite(rate) && rate >= 0))
          if (typeof rates !== "number") assert.isAbove(new Set(rates).size, 1)
        }
      })
    )
  })
  it("stays between its smallest and largest number", () => {
    fc.assert(
      fc.property(absolute, run, (schedule, run) => {
        fc.pre(typeof schedule !== "number" && schedule.kind !== "exponential")
        const { warmup, ...rest } = schedule
        const numbers = "values" in rest ? rest.values : Object.values(rest)
        const all = [...numbers.filter((one) => typeof one === "number"), warmup?.from ?? []].flat()
        const [low, high] = [Math.min(...all), Math.max(...all, "epochs" in rest ? 1 : 0)]
        for (const rate of ratesOfRun(schedule, run).flatMap((rates) => flat(rates, run))) {
          assert.isAtLeast(rate, low * (1 - 1e-12))
          assert.isAtMost(rate, high * (1 + 1e-12))
        }
      })
    )
  })
  it("that is absolute gives a longer run the rates of a shorter one", () => {
    fc.assert(
      fc.property(absolute, run, count, (schedule, run, more) => {
        const longer = { ...run, epochs: run.epochs + more }
        assert.deepStrictEqual(
          ratesOfRun(schedule, longer).slice(0, run.epochs),
          ratesOfRun(schedule, run)
        )
        assert.isFalse(isRelative(schedule))
      })
    )
  })
  it("that is relative says so, and changes with the run", () => {
    fc.assert(fc.property(relative, (schedule) => assert.isTrue(isRelative(schedule))))
    const [first, second] = ratesOfRun(decay(), { epochs: 2 })
    const [sameFirst, other] = ratesOfRun(decay(), { epochs: 4 })
    assert.strictEqual(sameFirst, first)
    assert.isAbove(other as number, second as number)
  })
  it("asks for the number of steps only when it needs it", () => {
    fc.assert(
      fc.property(fc.oneof(absolute, relative), run, (schedule, run) => {
        const { epochs } = run
        if (needsSteps(schedule, epochs)) {
          assert.throws(() => ratesOfRun(schedule, { epochs }), RangeError, "number of steps")
        } else {
          assert.deepStrictEqual(ratesOfRun(schedule, { epochs }), ratesOfRun(schedule, run))
        }
      })
    )
  })
  it("has no rates for an epoch that the run does not have", () => {
    for (const epoch of [0, 3, 1.5]) {
      assert.throws(() => ratesOfEpoch(decay(), epoch, { epochs: 2 }), RangeError, "not one of")
    }
  })
})
