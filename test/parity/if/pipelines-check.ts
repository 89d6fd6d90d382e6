/**
 * Complete sampling runs against diffusers' IF pipelines and the course's loop, by our own loop with the reference's noise.
 *
 * Runs amplify rounding, guidance most of all; so each has a tolerance of 20 times the reference's own rounding, float32 against
 * float64. One step from the reference's state amplifies it less.
 */
import { alphaBar, cosineBetas } from "../../../src/diffusion/schedule.ts"
import { compute, type ImageArray, toTensor } from "../../../src/engine/tensors.ts"
import { quantise } from "../../../src/values/quantise.ts"
import type { NoiseSchedule } from "../../../src/values/values.ts"
import type { Check, Row } from "./check.ts"
import { readRun, type ReferenceRun, type RunSettings, runSettings } from "./pipelines-reference.ts"
import { type SampleWalk, sampleWalk } from "./pipelines-walk.ts"
import { furthest, largest, schedulerReference } from "./scheduler-reference.ts"

type Schedule = Omit<NoiseSchedule, "type">

/** Of one step, for states up to 1; measured are 3e-5, in proportion to the largest number of the run. */
const stepTolerance = 5e-5
/**
 * The library's ᾱ is float32, and off by up to 1.3e-5 of itself at the noisy end. What is left of that in a picture is 5e-4 at most,
 * a fifteenth of the distance between two of 256 levels.
 */
const tableTolerance = 1e-3

/** @param name of the run */
const pipelineCheck = (name: string): Check => ({
  name: `pipelines/${name}`,
  needs: `pipelines/${name}.safetensors`,
  rows: async (folder) => {
    const settings = runSettings(folder)[name]
    if (settings === undefined) throw new Error(`pipelines.json does not know the run ${name}`)
    const run = readRun(folder, name)
    const theirs = await samplesOf(folder, run, settings, librarysSchedule(folder))
    // Its steps one by one would say nothing more.
    const ours = await samplesOf(folder, run, settings, ourSchedule(), false)
    const whole = 20 * settings.float32_vs_float64.max_abs
    const size = largest(theirs.flatMap(({ size }) => size))
    const most = (errors: (sample: Sample) => ReadonlyArray<number>, samples = theirs) =>
      largest(samples.flatMap(errors))
    return [
      {
        what: "timesteps that differ",
        error: Math.max(
          ...theirs.map(({ visited }) => differences(visited, timestepsOf(run, settings)))
        ),
        tolerance: 0
      },
      {
        what: "each step from the reference's state",
        error: most(({ steps }) => steps),
        tolerance: Math.min(whole, stepTolerance * Math.max(size, 1))
      },
      { what: "the whole run", error: most(({ end }) => [end]), tolerance: whole },
      {
        what: "the whole run, with our ᾱ",
        error: most(({ end }) => [end], ours),
        tolerance: Math.max(whole, tableTolerance)
      },
      ...(run.has("upscaled_noised")
        ? [
            {
              what: "the small image, enlarged, with noise",
              error: most(({ small }) => [small]),
              tolerance: 1e-6
            }
          ]
        : []),
      ...(run.has("image_u8") ? [byteRow(theirs)] : [])
    ]
  }
})

const librarysSchedule = (folder: string): Schedule => {
  const { numbers } = schedulerReference(folder, "schedule.safetensors")
  return { kind: "cosine", betas: numbers("betas"), alphaBar: numbers("alphas_cumprod") }
}

const ourSchedule = (): Schedule => {
  const betas = cosineBetas(1000)
  return { kind: "cosine", betas: [...betas], alphaBar: [...alphaBar(betas)] }
}

/** Those that the reference has stepped from; the course lists all of its timesteps, the last of which is where it ends. */
const timestepsOf = (run: ReferenceRun, { i_start: first = 0, kind }: RunSettings) =>
  run.integers("timesteps").slice(first, kind === "cs180" ? -1 : undefined)

const differences = (ours: ReadonlyArray<number>, theirs: ReadonlyArray<number>): number =>
  ours.length === theirs.length ? ours.filter((one, i) => one !== theirs[i]).length : Infinity

interface Sample {
  readonly visited: ReadonlyArray<number>
  /** The largest number in each state of the reference. */
  readonly size: ReadonlyArray<number>
  /** Largest errors: of each step, at the end, and of the enlarged small image. */
  readonly steps: ReadonlyArray<number>
  readonly end: number
  readonly small: number
  readonly bytes: { readonly others: number; readonly unexplained: number }
}

const samplesOf = async (
  folder: string,
  run: ReferenceRun,
  settings: RunSettings,
  schedule: Schedule,
  stepByStep = true
): Promise<ReadonlyArray<Sample>> => {
  const found: Array<Sample> = []
  for (let sample = 0; sample < settings.batch; sample++) {
    const walk = await sampleWalk(folder, run, settings, sample, schedule)
    try {
      found.push(compareSample(run, walk, sample, stepByStep))
    } finally {
      walk.dispose()
    }
  }
  return found
}

const compareSample = (
  run: ReferenceRun,
  walk: SampleWalk,
  sample: number,
  stepByStep: boolean
): Sample => {
  const { plan, small, start } = walk
  const expected = plan.steps.map((_, step) => run.image("trajectory", step, sample))
  const stepped = walk.begin()
  const steps = (stepByStep ? expected : []).map((after, step) => {
    const before = expected[step - 1] ?? start
    return furthest(
      compute(() => stepped.step(toTensor(before), step)),
      after.data
    )
  })
  stepped.dispose()
  const whole = walk.begin()
  let x: ImageArray = start
  for (const step of plan.steps.keys()) {
    x = { shape: x.shape, data: compute(() => whole.step(toTensor(x), step)) }
  }
  whole.dispose()
  const reference = run.image(run.has("image_out") ? "image_out" : "image", sample)
  return {
    visited: plan.steps.map(({ from }) => from.timestep),
    size: expected.map(({ data }) => largest([...data].map(Math.abs))),
    steps,
    end: furthest(x.data, reference.data),
    small:
      small === undefined ? 0 : furthest(small.data, run.image("upscaled_noised", sample).data),
    bytes: run.has("image_u8")
      ? compareBytes(x.data, reference.data, imageOf(run.bytes("image_u8"), sample, x.data.length))
      : { others: 0, unexplained: 0 }
  }
}

const imageOf = (all: Uint8Array, sample: number, size: number): Uint8Array =>
  all.subarray(sample * size, (sample + 1) * size)

/** Of a level from 0 to 255, which the library computes in float32, and rounds to even where it lies between two. */
const levelRounding = 255 * 2 ** -23

/** Bytes that differ, and those of them whose floating-point error is too small to carry them over an edge between two levels. */
const compareBytes = (ours: Float32Array, theirs: Float32Array, expected: Uint8Array) => {
  const found = quantise(ours, "[-1,1]")
  let [others, unexplained] = [0, 0]
  for (const [i, byte] of found.entries()) {
    if (byte === expected[i]) continue
    others++
    const level = (Math.min(Math.max(theirs[i]!, -1), 1) + 1) * 127.5
    const toEdge = Math.abs(level - Math.floor(level) - 0.5)
    const error = Math.abs(ours[i]! - theirs[i]!) * 127.5
    if (Math.abs(byte - expected[i]!) > 1 || error + levelRounding < toEdge) unexplained++
  }
  return { others, unexplained }
}

const byteRow = (samples: ReadonlyArray<Sample>): Row => {
  const sum = (count: (sample: Sample) => number) =>
    samples.reduce((total, sample) => total + count(sample), 0)
  return {
    what: `8-bit values that are others, but for ${sum(({ bytes }) => bytes.others)} next to an edge`,
    error: sum(({ bytes }) => bytes.unexplained),
    tolerance: 0
  }
}

/** `cs180` is the course's loop, with strides and without thresholding; `smart27` a list of timesteps; `s0.5` a strength. */
export const pipelineChecks: ReadonlyArray<Check> = [
  "txt2img",
  "txt2img-nocfg",
  "txt2img-smart27",
  "img2img",
  "inpaint",
  "inpaint-s0.5",
  "superres",
  "cs180",
  "cs180-cfg"
].map(pipelineCheck)
