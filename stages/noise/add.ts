/** The forward process: images with Gaussian noise, at timesteps of a schedule or at given deviations. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "#src/base/user-error.ts"
import { addNoise, addScheduledNoise } from "#src/diffusion/forward-process.ts"
import { drawNoise } from "#src/diffusion/noise-draws.ts"
import { compute, imageAt, imageByImage, toTensor } from "#src/engine/tensors.ts"
import { defineStage, type ParamIssue, port } from "#src/stage.ts"
import type { NoiseSchedule } from "#src/values/values.ts"

const defaultStream = "noise"

const Timestep = Schema.Int.check(
  Schema.isGreaterThanOrEqualTo(0, { message: "expected a timestep of 0 or more" })
)
const Sigma = Schema.Finite.check(
  Schema.isGreaterThanOrEqualTo(0, { message: "expected a deviation of 0 or more" })
)
const atLeastOne = Schema.isMinLength(1, { message: "expected at least one value" })

/** One value stands for a list of one. */
const listed = (values: number | ReadonlyArray<number> | undefined): ReadonlyArray<number> =>
  values === undefined ? [] : typeof values === "number" ? [values] : values

interface Levels {
  readonly timesteps?: number | ReadonlyArray<number>
  readonly sigmas?: number | ReadonlyArray<number>
}

const labelsOf = (params: Levels): ReadonlyArray<string> => [
  ...listed(params.timesteps).map((t) => `t=${t}`),
  ...listed(params.sigmas).map((sigma) => `σ=${sigma}`)
]

export default defineStage({
  summary: "Adds Gaussian noise to images, at timesteps of a schedule or with given deviations.",
  source:
    "Ho, Jain & Abbeel 2020 (arXiv:2006.11239), equation 4: √ᾱ_t x0 + √(1-ᾱ_t) ε; or x0 + σ ε",
  params: Schema.Struct({
    timesteps: Schema.optionalKey(
      Schema.Union([Timestep, Schema.Array(Timestep).check(atLeastOne)]).annotate({
        description: "One timestep or several, each from 0 to T - 1; needs a schedule.",
        unit: "timesteps"
      })
    ),
    sigmas: Schema.optionalKey(
      Schema.Union([Sigma, Schema.Array(Sigma).check(atLeastOne)]).annotate({
        description: "One deviation σ of additive noise or several, in place of timesteps.",
        unit: "pixel value"
      })
    ),
    seed: Schema.Int.annotate({
      description: "Equal seeds and streams give equal noise."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    generator: Schema.Literals(["philox", "torch-cpu"])
      .annotate({
        description:
          "`philox`: an image's noise depends on nothing but seed, stream and its place in the batch. `torch-cpu`: the numbers of `torch.manual_seed(seed)` and `torch.randn_like` on a batch [N,C,H,W]."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("philox" as const))),
    noise: Schema.Literals(["shared", "independent"])
      .annotate({
        description: "Whether all levels of one image share one ε, or each level draws its own."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("shared" as const))),
    stream: Schema.String.check(Schema.isNonEmpty({ message: "expected a name" }))
      .annotate({
        description: "Name of the random stream; another name gives other noise for the same seed."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaultStream)))
  }),
  inputs: {
    image: port("Images[N,H,W,C] in R", { description: "The clean image, or several." }),
    schedule: port("NoiseSchedule[T] towards noise", {
      description: "What the timesteps refer to.",
      optional: true
    })
  },
  outputs: {
    noisy: port("Images[M,H,W,C] in R", {
      description: "Every image at every level, image by image; labelled by level."
    }),
    noise: port("Images[M,H,W,C] in R", { description: "The ε of each." })
  },
  bind: (params, { dims }) =>
    dims["N"] === undefined ? {} : { M: dims["N"] * labelsOf(params).length },
  check: (params, { connected, dims }) => {
    const issues: Array<ParamIssue> = []
    const { generator, sigmas, stream, timesteps } = params
    if (timesteps === undefined && sigmas === undefined) {
      issues.push({
        path: [],
        message: "neither timesteps nor sigmas is given",
        hint: "give `timesteps: [250, 500, 750]` and a schedule, or `sigmas: [0.5]`"
      })
    }
    if (timesteps !== undefined && sigmas !== undefined) {
      issues.push({
        path: ["sigmas"],
        message: "timesteps and sigmas are both given",
        hint: "keep one of them; for both, use two stages"
      })
    }
    if (timesteps !== undefined && !connected["schedule"]) {
      issues.push({
        path: ["timesteps"],
        message: "timesteps need a schedule, and none is connected",
        hint: "connect one, such as `in: { schedule: schedule.schedule }` from a stage `schedule/cosine`"
      })
    }
    if (sigmas !== undefined && timesteps === undefined && connected["schedule"]) {
      issues.push({
        path: ["sigmas"],
        message: "a schedule is connected, but sigmas do not use one",
        hint: "remove the input `schedule`, or give timesteps in place of sigmas"
      })
    }
    const total = dims["T"]
    const place = (index: number) => (typeof timesteps === "number" ? [] : [index])
    for (const [index, t] of listed(timesteps).entries()) {
      if (total !== undefined && t >= total) {
        issues.push({ path: ["timesteps", ...place(index)], ...beyond(t, total) })
      }
    }
    for (const name of ["timesteps", "sigmas"] as const) {
      const values = listed(params[name])
      for (const [index, value] of values.entries()) {
        if (values.indexOf(value) < index) {
          issues.push({ path: [name, index], message: `${value} is listed twice` })
        }
      }
    }
    if (generator === "torch-cpu" && stream !== defaultStream) {
      issues.push({
        path: ["stream"],
        message: "torch-cpu has no named streams",
        hint: "remove `stream`, or use `generator: philox`"
      })
    }
    return issues
  },
  example: `noisy:
  uses: noise/add
  in: { image: photo.image, schedule: schedule.schedule }
  with: { timesteps: [250, 500, 750], seed: 180 }
`,
  run: async ({ inputs, params, progress, signal }) => {
    const { image, schedule } = inputs
    const [count, ...size] = image.shape
    const labels = labelsOf(params)
    const alphaBars = listed(params.timesteps).map((t) => alphaBarAt(schedule, t))
    const sigmas = listed(params.sigmas)
    const total = count * labels.length
    const noisy = new Float32Array(image.data.length * labels.length)
    const noise = new Float32Array(noisy.length)
    const drawn = drawNoise({
      generator: params.generator,
      seed: params.seed,
      stream: params.stream,
      shape: image.shape,
      levels: labels,
      shared: params.noise === "shared"
    })
    await imageByImage(total, { progress, signal }, (index) => {
      const [source, level] = [Math.floor(index / labels.length), index % labels.length]
      const epsilon: typeof image.data = drawn(source, level)
      noise.set(epsilon, index * epsilon.length)
      const result = compute(() => {
        const clean = imageAt(image, source)
        const [x0, e] = [toTensor(clean), toTensor({ ...clean, data: epsilon })]
        const alphaBar = alphaBars[level]
        return alphaBar === undefined
          ? addNoise(x0, e, sigmas[level]!)
          : addScheduledNoise(x0, e, alphaBar)
      })
      noisy.set(result, index * result.length)
    })
    const common = {
      type: "Images" as const,
      shape: [total, ...size] as const,
      range: image.range,
      labels: Array.from({ length: count }, (_, i) =>
        labels.map((label) => (count === 1 ? label : `${image.labels?.[i] ?? i} ${label}`))
      ).flat()
    }
    return { noisy: { ...common, data: noisy }, noise: { ...common, data: noise } }
  }
})

const beyond = (t: number, total: number) => ({
  message: `timestep ${t} is beyond the schedule, whose last is ${total - 1}`,
  hint: `use a timestep from 0 to ${total - 1}, or a schedule with more timesteps`
})

/** The schedule's length may be known only now. */
const alphaBarAt = (schedule: NoiseSchedule | undefined, t: number): number => {
  if (schedule === undefined)
    throw new UserError("timesteps need a schedule, and none is connected")
  const alphaBar = schedule.alphaBar[t]
  if (alphaBar === undefined) {
    const { hint, message } = beyond(t, schedule.alphaBar.length)
    throw new UserError(message, { hint })
  }
  return alphaBar
}
