import { assert, describe, it } from "vitest"
import type { Tensor4D } from "@tensorflow/tfjs"
import { alphaBar, linearBetas } from "../../../src/diffusion/schedule.ts"
import { advance, scalars } from "../../../src/diffusion/stepping/advance.ts"
import { planSampling } from "../../../src/diffusion/stepping/plan.ts"
import type { Variance } from "../../../src/diffusion/stepping/variance.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { compute } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"

const betas = linearBetas(50, 1e-3, 0.2)
const schedule = { betas: [...betas], alphaBar: [...alphaBar(betas)] }
const timesteps = Array.from({ length: 50 }, (_, i) => 49 - i)

/** The numbers of each step from t to t - 1, by t. */
const coefficientsOf = (variance: Variance) => {
  const sampler = { kind: "ddpm", variance } as const
  const plan = planSampling({
    ...schedule,
    timesteps,
    end: "clean",
    prediction: "epsilon",
    sampler
  })
  return plan.steps.map(({ evaluations }) => evaluations[0]!.coefficients).toReversed()
}

/** What the best network would say of x for pixels from N(mean, deviation²). */
const bestEpsilon = (x: number, t: number, mean: number, deviation: number) => {
  const signal = schedule.alphaBar[t]!
  const total = signal * deviation ** 2 + 1 - signal
  return (Math.sqrt(1 - signal) / total) * (x - Math.sqrt(signal) * mean)
}

/** Mean and variance of what comes out: each step is a linear function of x and adds noise. */
const momentsOf = (mean: number, deviation: number, variance: Variance) => {
  let [centre, spread] = [0, 1]
  const coefficients = coefficientsOf(variance)
  for (const t of timesteps) {
    const c = coefficients[t]!
    const step = (x: number) =>
      c.sampleShare * (c.inputScale * x + c.predictionScale * bestEpsilon(x, t, mean, deviation)) +
      c.currentShare * x
    const slope = step(1) - step(0)
    centre = step(centre)
    spread = slope ** 2 * spread + c.deviation ** 2
  }
  return { centre, spread }
}

describe("ancestral sampling", () => {
  it("gives a single point exactly with fixed-small", () => {
    const { centre, spread } = momentsOf(0.6, 0, "fixed-small")
    assert.closeTo(centre, 0.6, 1e-12)
    assert.closeTo(spread, 0, 1e-12)
  })

  it("keeps N(0, I) as it is with fixed-large, but for the noise that the last step leaves out", () => {
    const { centre, spread } = momentsOf(0, 1, "fixed-large")
    assert.closeTo(centre, 0, 1e-12)
    assert.closeTo(spread, 1 - betas[0]!, 1e-12)
  })

  it("lies between the two for other data", () => {
    const [small, large] = (["fixed-small", "fixed-large"] as const).map(
      (variance) => momentsOf(0.3, 0.5, variance).spread
    )
    assert.isBelow(small!, 0.25)
    assert.isAbove(large!, small!)
    assert.closeTo(large!, 0.25, 0.03)
  })

  it("follows the posterior's mean and variance of the paper", () => {
    // DDPM equation 7, evaluated apart: the posterior of x_{t-1} given x_t and x0 has these moments.
    const t = 20
    const [now, before, beta] = [schedule.alphaBar[t]!, schedule.alphaBar[t - 1]!, betas[t]!]
    const { currentShare, deviation, sampleShare } = coefficientsOf("fixed-small")[t]!
    // Bayes: precision of the prior of x_{t-1} given x0, and of the step x_t = √α x_{t-1} + √β z.
    const precision = 1 / (1 - before) + (1 - beta) / beta
    assert.closeTo(deviation ** 2, 1 / precision, 1e-12)
    assert.closeTo(sampleShare, Math.sqrt(before) / (1 - before) / precision, 1e-12)
    assert.closeTo(currentShare, Math.sqrt(1 - beta) / beta / precision, 1e-12)
    assert.closeTo(now, before * (1 - beta), 1e-15)
  })

  it("ends with the estimate of the clean sample, without noise", () => {
    const { currentShare, deviation, sampleShare } = coefficientsOf("fixed-large")[0]!
    assert.closeTo(sampleShare, 1, 1e-12)
    assert.closeTo(currentShare, 0, 1e-12)
    assert.strictEqual(deviation, 0)
  })

  it("samples with these moments in tensors", () => {
    const [mean, deviation, count] = [0.3, 0.5, 8192]
    const coefficients = coefficientsOf("fixed-large")
    const samples = compute(() => {
      let x: Tensor4D = tf.tensor4d(normal(1, "start", count), [count, 1, 1, 1])
      for (const t of timesteps) {
        const [still, slope] = [0, 1].map((at) => bestEpsilon(at, t, mean, deviation))
        const prediction = tf.add<Tensor4D>(tf.mul(x, slope! - still!), still!)
        const noise: Tensor4D = tf.tensor4d(normal(1, `z ${t}`, count), [count, 1, 1, 1])
        const numbers = scalars({ ...coefficients[t]! })
        x = advance({ x }, { prediction, noise }, numbers, { kind: "none" }).x
      }
      return x
    })
    const { centre, spread } = momentsOf(mean, deviation, "fixed-large")
    const measured = samples.reduce((sum, x) => sum + x, 0) / count
    const variance = samples.reduce((sum, x) => sum + (x - measured) ** 2, 0) / count
    // Four standard errors.
    assert.closeTo(measured, centre, 4 * Math.sqrt(spread / count))
    assert.closeTo(variance, spread, 4 * spread * Math.sqrt(2 / count))
  })
})
