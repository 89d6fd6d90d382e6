/** The noise schedule in a `scheduler_config.json`, as diffusers writes it beside a network. */
import { type ConfigFile, type Fields, readFields } from "../models/deepfloyd/config-file.ts"
import type { NoiseSchedule } from "../values/values.ts"
import { alphaBar, cosineBetas, linearBetas, scaledLinearBetas } from "./schedule.ts"

/** What a schedule is called here, by diffusers' names. */
const kinds = {
  squaredcos_cap_v2: "cosine",
  linear: "linear",
  scaled_linear: "scaled-linear"
} as const

type Schedule = Omit<NoiseSchedule, "type">

/** That of DeepFloyd IF, for a network that comes without a file that says so. */
export const deepFloydSchedule = (): Schedule => named("cosine", cosineBetas(1000))

/**
 * Defaults are those of diffusers' `DDPMScheduler`.
 *
 * @throws UserError when the network predicts something else than ε, its schedule is of a kind that is not known here, or a field is
 *   there whose meaning is not
 */
export const decodeSchedule = (file: ConfigFile): Schedule => {
  const { end, kind, start, steps } = readFields(file, "a noise schedule", readSettings)
  const betas = {
    squaredcos_cap_v2: () => cosineBetas(steps),
    linear: () => linearBetas(steps, start, end),
    scaled_linear: () => scaledLinearBetas(steps, start, end)
  }[kind]
  return named(kinds[kind], betas())
}

interface Settings {
  readonly kind: keyof typeof kinds
  readonly steps: number
  /** β of the first and the last timestep; the cosine has its own. */
  readonly start: number
  readonly end: number
}

const readSettings = ({ count, oneOf, positive, unused }: Fields): Settings => {
  oneOf("prediction_type", ["epsilon"], "epsilon")
  oneOf("trained_betas", [null], null)
  oneOf("rescale_betas_zero_snr", [false], false)
  // `learned` would be the variance's logarithm itself, and not where it lies between two bounds.
  oneOf("variance_type", ["learned_range", "fixed_small", "fixed_large"], "fixed_small")
  unused(ofSampling)
  return {
    kind: oneOf("beta_schedule", Object.keys(kinds) as Array<keyof typeof kinds>, "linear"),
    steps: count("num_train_timesteps", 1000),
    start: positive("beta_start", 1e-4),
    end: positive("beta_end", 0.02)
  }
}

/** What a sampler does with the schedule: here the stages that sample say it. */
const ofSampling = [
  "clip_sample",
  "clip_sample_range",
  "dynamic_thresholding_ratio",
  "sample_max_value",
  "steps_offset",
  "thresholding",
  "timestep_spacing"
]

const named = (kind: string, betas: Float64Array): Schedule => ({
  kind,
  betas: [...betas],
  alphaBar: [...alphaBar(betas)]
})
