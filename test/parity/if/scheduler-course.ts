/** The loop of Berkeley CS180, project 5: 33 transitions over 990, 960, …, 0. */
import { planSampling } from "../../../src/diffusion/stepping/plan.ts"
import { timestepsOf } from "../../../src/diffusion/stepping/timesteps.ts"
import { varianceBounds } from "../../../src/diffusion/stepping/variance.ts"
import type { Row } from "./check.ts"
import { furthest, largest, schedulerReference, stepOnce } from "./scheduler-reference.ts"

/**
 * The reference's coefficients are float32, and its β = 1 - ᾱ/ᾱ' loses digits towards the end: 6e-8 of 1 - ᾱ = 3.5e-3 at t = 30. So
 * ours are compared with them, and then x, which is up to 18, with theirs in the place of ours.
 *
 * @param alphaBar the library's
 */
export const courseRows = (folder: string, alphaBar: ReadonlyArray<number>): ReadonlyArray<Row> => {
  const { images, integers, numbers } = schedulerReference(folder, "cs180_strided.safetensors")
  const { steps } = planSampling({
    alphaBar,
    timesteps: timestepsOf({ kind: "strided", from: 990, stride: 30 }, 1000),
    end: "last-timestep",
    prediction: "epsilon",
    sampler: { kind: "ddpm", variance: "learned-range" }
  })
  const visited = [...steps.map(({ from }) => from.timestep), steps.at(-1)!.to.timestep]
  const ours = steps.map((step) => {
    const { currentShare, sampleShare } = step.evaluations[0]!.coefficients
    const { largest, smallest } = varianceBounds(step)
    return {
      abar_t: step.from.alphaBar,
      abar_prev: step.to.alphaBar,
      alpha: 1 - largest,
      beta: largest,
      coef_x0: sampleShare,
      coef_xt: currentShare,
      min_log_var: Math.log(smallest),
      max_log_var: Math.log(largest)
    }
  })
  const difference = (name: keyof (typeof ours)[number]) => {
    const expected = numbers(name)
    return expected.length === ours.length
      ? largest(ours.map((one, i) => Math.abs(one[name] - expected[i]!)))
      : Infinity
  }
  const [x, prediction, variance, noise] = ["x_t", "eps", "v", "noise"].map((name) => images(name))
  const inputs = { x: x!, prediction: prediction!, variance: variance!, noise: noise! }
  const still = { ...inputs, noise: { ...noise!, data: new Float32Array(noise!.data.length) } }
  const size = x!.data.length
  const expected = (name: string, i: number) => images(name).data.subarray(i * size, (i + 1) * size)
  const [fromSample, fromX, low, high] = ["coef_x0", "coef_xt", "min_log_var", "max_log_var"].map(
    (name) => numbers(name)
  )
  const errors = steps.map(({ evaluations, from }, i) => {
    const { coefficients } = evaluations[0]!
    const given = {
      ...coefficients,
      sampleShare: fromSample![i]!,
      currentShare: fromX![i]!,
      deviation: Math.exp(low![i]! / 2),
      logRange: high![i]! - low![i]!
    }
    const none = { kind: "none" } as const
    const { next, sample } = stepOnce(inputs, given, none)
    return {
      sample: furthest(sample, expected("x0_hat", i)) * Math.sqrt(from.alphaBar),
      mean: furthest(stepOnce(still, given, none).next, expected("mean", i)),
      next: furthest(next, expected("x_prev", i)),
      ours: furthest(stepOnce(inputs, coefficients, none).next, expected("x_prev", i))
    }
  })
  const most = (what: keyof (typeof errors)[number]) => largest(errors.map((one) => one[what]))
  return [
    {
      what: "course, timesteps that differ",
      error: visited.join() === integers("timesteps").join() ? 0 : Infinity,
      tolerance: 0
    },
    ...(["abar_t", "abar_prev", "alpha", "beta"] as const).map((name) => ({
      what: `course, ${name}`,
      error: difference(name),
      tolerance: 1e-7
    })),
    ...(["coef_x0", "coef_xt", "min_log_var", "max_log_var"] as const).map((name) => ({
      what: `course, ${name}`,
      error: difference(name),
      tolerance: 5e-5
    })),
    { what: "course, x̂₀ √ᾱ", error: most("sample"), tolerance: 1e-6 },
    { what: "course, mean, from their coefficients", error: most("mean"), tolerance: 1e-5 },
    { what: "course, x, from their coefficients", error: most("next"), tolerance: 1e-5 },
    { what: "course, x", error: most("ours"), tolerance: 5e-5 }
  ]
}
