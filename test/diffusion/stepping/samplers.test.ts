import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { alphaBar, cosineBetas, linearBetas } from "../../../src/diffusion/schedule.ts"
import { ddimUpdate } from "../../../src/diffusion/stepping/ddim.ts"
import { ddpmUpdate } from "../../../src/diffusion/stepping/ddpm.ts"
import { dpmSolverUpdates } from "../../../src/diffusion/stepping/dpm-solver.ts"
import { eulerUpdate } from "../../../src/diffusion/stepping/euler.ts"
import { type End, type Level, transitionsOf } from "../../../src/diffusion/stepping/level.ts"
import { planSampling } from "../../../src/diffusion/stepping/plan.ts"
import type { Sampler } from "../../../src/diffusion/stepping/samplers.ts"
import { timestepsOf } from "../../../src/diffusion/stepping/timesteps.ts"
import { type Update, update } from "../../../src/diffusion/stepping/update.ts"
import golden from "../../parity/samplers.json" with { type: "json" }
import { epsilonOfGaussian, epsilonOfPoint, type Predict, runPlan } from "./run-plan.ts"

const cosine = [...alphaBar(cosineBetas(1000))]
const schedules: Readonly<Record<string, ReadonlyArray<number>>> = {
  cosine,
  linear: [...alphaBar(linearBetas(1000, 1e-4, 0.02))]
}
const deterministic: ReadonlyArray<Sampler> = [
  { kind: "ddim", eta: 0 },
  { kind: "euler" },
  { kind: "heun" },
  { kind: "dpm-solver++" }
]

/** ε that is exact for a mixture of Gaussians, in float64; the network of samplers.py. */
const epsilonOfMixture =
  (means: ReadonlyArray<ReadonlyArray<number>>, deviation: number): Predict =>
  (x, { alphaBar }) => {
    const root = Math.sqrt(alphaBar)
    const total = alphaBar * deviation ** 2 + 1 - alphaBar
    const logits = means.map(
      (mean) => -mean.reduce((sum, m, i) => sum + (x[i]! - root * m) ** 2, 0) / (2 * total)
    )
    const most = Math.max(...logits)
    const weights = logits.map((logit) => Math.exp(logit - most))
    const sum = weights.reduce((a, b) => a + b)
    return x.map((value, i) => {
      const estimate = means.reduce((all, mean, k) => {
        const centre = mean[i]! + ((root * deviation ** 2) / total) * (value - root * mean[i]!)
        return all + (weights[k]! / sum) * centre
      }, 0)
      return (value - root * estimate) / Math.sqrt(1 - alphaBar)
    })
  }

/** Falling timesteps of T = 1000, the last of them 0, so that every sampler ends with x̂₀. */
const timesteps = fc
  .uniqueArray(fc.integer({ min: 1, max: 990 }), { minLength: 1, maxLength: 8 })
  .map((list) => list.toSorted((a, b) => b - a).concat(0))

/** Evenly spaced ones: one step of Heun's method from t = 960 to 0 loses three digits of float32. */
const evenTimesteps = fc
  .tuple(fc.integer({ min: 10, max: 20 }), fc.integer({ min: 0, max: 6 }))
  .map(([steps, left]) => timestepsOf(steps, 1000).slice(left))

const signal = fc.double({ min: 1e-4, max: 0.9999, noNaN: true })
/** A step from a higher noise level to a lower one. */
const transition = fc
  .tuple(signal, signal)
  .filter(([a, b]) => Math.abs(a - b) > 1e-5)
  .map(([a, b]) => ({
    from: { timestep: 2, alphaBar: Math.min(a, b) },
    to: { timestep: 1, alphaBar: Math.max(a, b) }
  }))

const assertClose = (actual: Update<number>, expected: Update<number>, tolerance: number) => {
  for (const [name, value] of Object.entries<number>({ ...expected })) {
    assert.closeTo(actual[name as keyof Update<number>], value, tolerance, name)
  }
}

describe("a sampler", () => {
  const cases = golden.lists.flatMap((list) => list.runs.map((run) => ({ ...list, ...run })))
  it.each(cases)(
    "agrees with its paper's form: $name, $schedule schedule to the $end",
    ({ end, noises, sampler, schedule, start, states, timesteps }) => {
      const plan = planSampling({
        alphaBar: schedules[schedule]!,
        end: end as End,
        prediction: "epsilon",
        sampler: sampler as Sampler,
        timesteps
      })
      const ours = runPlan(plan, start, 2, epsilonOfMixture(golden.means, golden.deviation), noises)
      assert.strictEqual(ours.length, states.length)
      for (const [i, state] of states.entries()) {
        for (const [j, value] of state.entries()) {
          // Float32 against float64, up to 27 steps.
          assert.closeTo(ours[i]![j]!, value, 5e-6, `step ${i}`)
        }
      }
    }
  )

  it.each([...deterministic, { kind: "ddpm", variance: "fixed-small" } as const])(
    "ends at the data point that ε̂ points to: $kind",
    (sampler) => {
      const pixel = fc.double({ min: -1, max: 1, noNaN: true })
      fc.assert(
        fc.property(
          evenTimesteps,
          fc.array(pixel, { minLength: 3, maxLength: 3 }),
          fc.array(pixel, { minLength: 3, maxLength: 3 }),
          (timesteps, point, noise) => {
            const plan = planSampling({
              alphaBar: cosine,
              end: "clean",
              prediction: "epsilon",
              sampler,
              timesteps
            })
            const at = ({ alphaBar }: Level) =>
              point.map((x0, i) => Math.sqrt(alphaBar) * x0 + Math.sqrt(1 - alphaBar) * noise[i]!)
            const states = runPlan(
              plan,
              at(plan.steps[0]!.from),
              3,
              epsilonOfPoint(point),
              plan.steps.map(() => noise)
            )
            // Float32's rounding, magnified by the network, which near the end divides by √(1 - ᾱ).
            const tolerance = 2e-5
            for (const [i, x0] of point.entries()) assert.closeTo(states.at(-1)![i]!, x0, tolerance)
            if (sampler.kind === "ddpm") return
            // The straight way of x̄ in σ̄, which all of these follow without error.
            for (const [step, state] of states.entries()) {
              for (const [i, x] of at(plan.steps[step]!.to).entries()) {
                assert.closeTo(state[i]!, x, tolerance)
              }
            }
          }
        ),
        { numRuns: 15 }
      )
    }
  )

  it.each([
    ["ddim", 1],
    ["euler", 1],
    ["heun", 2],
    ["dpm-solver++", 2]
  ] as const)("has its order of convergence: %s, order %i", (kind, order) => {
    // The data are N(0, 0.5²): the probability-flow equation has the solution x̄ ~ √(0.5² + σ̄²).
    const deviation = 0.5
    const signal = [...alphaBar(linearBetas(2000, 5e-5, 0.01))]
    const size = (t: number) => Math.sqrt(signal[t]! * deviation ** 2 + 1 - signal[t]!)
    const [first, last] = [1700, 500]
    const errors = [40, 20, 10].map((stride) => {
      const plan = planSampling({
        alphaBar: signal,
        end: "last-timestep",
        prediction: "epsilon",
        sampler: kind === "ddim" ? { kind, eta: 0 } : { kind },
        timesteps: Array.from({ length: 1200 / stride + 1 }, (_, i) => first - i * stride)
      })
      const [x] = runPlan(plan, [size(first)], 1, epsilonOfGaussian(deviation)).at(-1)!
      return Math.abs(x! - size(last))
    })
    const orders = [0, 1].map((i) => Math.log2(errors[i]! / errors[i + 1]!))
    // The next order's term, and at errors of 2e-5 the rounding of float32, are still to be seen.
    for (const found of orders) assert.closeTo(found, order, 0.1, `errors ${errors.join()}`)
  })
})

describe("ddim", () => {
  it("is ancestral sampling with fixed-small at η = 1", () => {
    fc.assert(
      fc.property(transition, (step) => {
        assertClose(ddimUpdate(step, 1), ddpmUpdate(step, "fixed-small"), 1e-9)
      })
    )
  })

  it("is Euler's method at η = 0", () => {
    fc.assert(
      fc.property(transition, (step) => {
        assertClose(ddimUpdate(step, 0), eulerUpdate(step), 1e-12)
      })
    )
  })

  it("keeps the noise level at each η: variances of ε̂ and z add up to 1 - ᾱ'", () => {
    fc.assert(
      fc.property(transition, fc.double({ min: 0, max: 1, noNaN: true }), (step, eta) => {
        const { currentShare, deviation, sampleShare } = ddimUpdate(step, eta)
        const { from, to } = step
        // Of x = √ᾱ x₀ + √(1 - ᾱ) ε with x̂₀ = x₀.
        assert.closeTo(
          currentShare * Math.sqrt(from.alphaBar) + sampleShare,
          Math.sqrt(to.alphaBar),
          1e-12
        )
        assert.closeTo(
          currentShare ** 2 * (1 - from.alphaBar) + deviation ** 2,
          1 - to.alphaBar,
          1e-12
        )
      })
    )
  })

  it("goes back the way it came at η = 0, with the same ε̂", () => {
    fc.assert(
      fc.property(timesteps, fc.integer(), (timesteps, seed) => {
        const x = fc.sample(fc.double({ min: -2, max: 2, noNaN: true }), { numRuns: 2, seed })
        const down = transitionsOf(cosine, timesteps, "last-timestep")
        const up = down.map(({ from, to }) => ({ from: to, to: from })).toReversed()
        const ends = [...down, ...up].reduce((x, step) => {
          const { currentShare, sampleShare } = ddimUpdate(step, 0)
          const signal = step.from.alphaBar
          return x.map((value, i) => {
            const epsilon = [0.3, -1.2][i]!
            const sample = (value - Math.sqrt(1 - signal) * epsilon) / Math.sqrt(signal)
            return currentShare * value + sampleShare * sample
          })
        }, x)
        // Float64, with 1/√ᾱ up to 71.
        for (const [i, value] of x.entries()) assert.closeTo(ends[i]!, value, 1e-11)
      })
    )
  })

  it("refuses an η outside of 0 to 1", () => {
    const step = { from: { timestep: 1, alphaBar: 0.5 }, to: { timestep: 0, alphaBar: 0.9 } }
    for (const eta of [-0.1, 1.1, NaN]) assert.throws(() => ddimUpdate(step, eta), RangeError)
  })
})

describe("dpm-solver++", () => {
  it("begins with DDIM's step, and ends with it where the list is short or ends clean", () => {
    const long = Array.from({ length: 20 }, (_, i) => 950 - i * 50)
    for (const [list, end, lowered] of [
      [long, "clean", true],
      [long, "last-timestep", false],
      [long.slice(6), "last-timestep", true]
    ] as const) {
      const steps = transitionsOf(cosine, list, end)
      const updates = dpmSolverUpdates(steps)
      const ddim = steps.map((step) => update({ ...ddimUpdate(step, 0), keptSample: 1 }))
      assertClose(updates[0]!, ddim[0]!, 1e-12)
      assert.isAbove(Math.abs(updates[1]!.memoryShare), 0.01)
      if (lowered) assertClose(updates.at(-1)!, ddim.at(-1)!, 1e-12)
      else assert.isAbove(Math.abs(updates.at(-1)!.memoryShare), 0.01)
    }
  })

  it("moves by the memory only as far as x̂₀ changes", () => {
    fc.assert(
      fc.property(timesteps, (list) => {
        const steps = transitionsOf(cosine, list, "clean")
        for (const [i, { memoryShare, sampleShare }] of dpmSolverUpdates(steps).entries()) {
          const { sampleShare: whole } = ddimUpdate(steps[i]!, 0)
          assert.closeTo(
            memoryShare + sampleShare,
            whole,
            1e-9 * Math.max(1, Math.abs(sampleShare))
          )
        }
      })
    )
  })
})

describe("ancestral sampling", () => {
  it("with fixed-large keeps N(0, I) as it is, over any list", () => {
    fc.assert(
      fc.property(transition, (step) => {
        const { currentShare, deviation, sampleShare } = ddpmUpdate(step, "fixed-large")
        // The best ε̂ of N(0, I) is √(1-ᾱ) x, so x̂₀ is √ᾱ x.
        const slope = currentShare + sampleShare * Math.sqrt(step.from.alphaBar)
        assert.closeTo(slope ** 2 + deviation ** 2, 1, 1e-12)
      })
    )
  })

  it("with a learned variance spans fixed-small to fixed-large", () => {
    fc.assert(
      fc.property(transition, (step) => {
        const { deviation, logRange } = ddpmUpdate(step, "learned-range")
        const small = ddpmUpdate(step, "fixed-small").deviation
        const large = ddpmUpdate(step, "fixed-large").deviation
        assert.strictEqual(deviation, small)
        assert.closeTo(deviation * Math.exp(logRange / 2), large, 1e-12)
      })
    )
  })
})
