/** `DDPMScheduler.step` and `add_noise`. */
import { addScheduledNoise } from "../../../src/diffusion/forward-process.ts"
import type { Transition } from "../../../src/diffusion/stepping/level.ts"
import type { TimestepsName } from "../../../src/diffusion/stepping/named-timesteps.ts"
import { planSampling } from "../../../src/diffusion/stepping/plan.ts"
import type { Thresholding } from "../../../src/diffusion/stepping/thresholding.ts"
import { timestepsOf } from "../../../src/diffusion/stepping/timesteps.ts"
import type { Update } from "../../../src/diffusion/stepping/update.ts"
import type { Variance } from "../../../src/diffusion/stepping/variance.ts"
import { computeAll } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Row } from "./check.ts"
import {
  furthest,
  type Images,
  jsonOf,
  largest,
  schedulerReference,
  stepOnce,
  tensorOf
} from "./scheduler-reference.ts"

interface StepCase {
  readonly case: number
  readonly config: string
  readonly set_timesteps: number | TimestepsName | null
  readonly t: number
}

const settings: Readonly<Record<string, readonly [Thresholding, Variance]>> = {
  "thr1.5": [{ kind: "dynamic", ratio: 0.95, maximum: 1.5 }, "learned-range"],
  "thr1.0": [{ kind: "dynamic", ratio: 0.95, maximum: 1 }, "learned-range"],
  clip: [{ kind: "clip", minimum: -1, maximum: 1 }, "learned-range"],
  raw: [{ kind: "none" }, "learned-range"],
  fixed_small: [{ kind: "dynamic", ratio: 0.95, maximum: 1.5 }, "fixed-small"]
}

/**
 * All cases, with the library's ᾱ, which is float32, and with ours.
 *
 * The error of x̂₀ is multiplied by √ᾱ, since 1/√ᾱ magnifies the rounding of x. What is left of x, up to 4, are a few roundings;
 * with our tables, half of the 1.3e-5 by which the library's ᾱ is off at the noisy end.
 *
 * The library also computes β = 1 - ᾱ/ᾱ' in float32, which loses digits where ᾱ is near 1: 3e-8 of 1 - ᾱ = 9e-5 at t = 1. With
 * coefficients rounded as there, x agrees; with ours, in float64, it is as far from the library's as the library is from exact.
 */
export const stepRows = (
  folder: string,
  theirs: ReadonlyArray<number>,
  ours: ReadonlyArray<number>
): ReadonlyArray<Row> => {
  const [asTheirs, withTheirs, withOurs] = [
    caseErrors(folder, theirs, librarysRounding),
    caseErrors(folder, theirs, () => ({})),
    caseErrors(folder, ours, () => ({}))
  ]
  return [
    { what: "step, x̂₀ √ᾱ", error: withTheirs.sample, tolerance: 1e-6 },
    { what: "step, x̂₀ √ᾱ, with our ᾱ", error: withOurs.sample, tolerance: 5e-5 },
    { what: "step, x, coefficients rounded as there", error: asTheirs.next, tolerance: 1e-6 },
    { what: "step, x", error: withTheirs.next, tolerance: 1e-4 },
    { what: "step, x, with our ᾱ", error: withOurs.next, tolerance: 3e-4 }
  ]
}

const caseErrors = (
  folder: string,
  alphaBar: ReadonlyArray<number>,
  rounding: (step: Transition, variance: Variance) => Partial<Update<number>>
) => {
  const { cases } = jsonOf(folder, "step.json") as { readonly cases: ReadonlyArray<StepCase> }
  const { images } = schedulerReference(folder, "step.safetensors")
  const output = images("model_output")
  const inputs = { x: images("sample"), noise: images("noise"), prediction: half(output, 0) }
  const errors = cases.map(({ case: number, config, set_timesteps: asked, t }) => {
    const [thresholding, variance] = settings[config]!
    const plan = planSampling({
      alphaBar,
      timesteps: timestepsOf(asked ?? 1000, 1000),
      end: "clean",
      prediction: "epsilon",
      sampler: { kind: "ddpm", variance }
    })
    const step = plan.steps.find(({ from }) => from.timestep === t)!
    const { sample, next } = stepOnce(
      { ...inputs, ...(plan.learnedVariance ? { variance: half(output, 1) } : {}) },
      { ...step.evaluations[0]!.coefficients, ...rounding(step, variance) },
      thresholding
    )
    const expected = (what: string) =>
      images(`case.${String(number).padStart(3, "0")}.${what}`).data
    // Without thresholding x̂₀ is up to 9e4, and x up to 20 by it.
    const scale = Math.max(1, ...expected("prev_sample").map(Math.abs))
    return {
      sample: furthest(sample, expected("pred_original_sample")) * Math.sqrt(step.from.alphaBar),
      next: furthest(next, expected("prev_sample")) / scale
    }
  })
  return {
    sample: largest(errors.map(({ sample }) => sample)),
    next: largest(errors.map(({ next }) => next))
  }
}

/** The same formulas with each operation rounded to float32. */
const librarysRounding = (
  { from, to }: Transition,
  variance: Variance
): Partial<Update<number>> => {
  const f = Math.fround
  const [now, next] = [f(from.alphaBar), f(to.alphaBar)]
  const alpha = f(now / next)
  const beta = f(1 - alpha)
  const smallest = Math.max(f(f(f(1 - next) / f(1 - now)) * beta), 1e-20)
  const quiet = from.timestep === 0
  return {
    sampleShare: f(f(f(Math.sqrt(next)) * beta) / f(1 - now)),
    currentShare: f(f(f(Math.sqrt(alpha)) * f(1 - next)) / f(1 - now)),
    deviation: quiet ? 0 : Math.sqrt(smallest),
    logRange: quiet || variance !== "learned-range" ? 0 : Math.log(beta / smallest)
  }
}

/** The first or the second three of six channels. */
const half = ({ data, shape }: Images, which: 0 | 1): Images => {
  const [count = 0, channels = 0, height = 0, width = 0] = shape
  const size = (channels / 2) * height * width
  const parts = Array.from({ length: count }, (_, i) =>
    Array.from(data.subarray((2 * i + which) * size, (2 * i + which + 1) * size))
  )
  return { shape: [count, channels / 2, height, width], data: Float32Array.from(parts.flat()) }
}

/** At t = 0 the library's 1 - ᾱ = 4.1e-5 is off by 3e-8, so with ours √(1 - ᾱ) ε is elsewhere by up to 7e-6. */
export const noiseRows = (
  folder: string,
  theirs: ReadonlyArray<number>,
  ours: ReadonlyArray<number>
): ReadonlyArray<Row> => {
  const { images, integers } = schedulerReference(folder, "step.safetensors")
  const [x0, noise, expected] = ["x0", "noise", "out"].map((name) => images(`add_noise.${name}`))
  const error = (alphaBar: ReadonlyArray<number>): number => {
    const [actual] = computeAll(() => [
      tf.concat(
        integers("add_noise.timesteps").map((t, i) =>
          addScheduledNoise(tensorOf(x0!).slice(i, 1), tensorOf(noise!).slice(i, 1), alphaBar[t]!)
        )
      )
    ])
    return furthest(actual!, expected!.data)
  }
  return [
    { what: "add_noise", error: error(theirs), tolerance: 1e-6 },
    { what: "add_noise, with our ᾱ", error: error(ours), tolerance: 1e-5 }
  ]
}
