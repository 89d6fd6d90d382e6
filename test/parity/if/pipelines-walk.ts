/** The reference's runs by our own loop: the estimator, the plan and the walk that stages use, with the reference's noise. */
import type { Tensor4D } from "@tensorflow/tfjs"
import * as path from "node:path"
import { inpainting } from "../../../src/diffusion/editing/inpainting.ts"
import { atLevel } from "../../../src/diffusion/editing/forward.ts"
import { startIndex } from "../../../src/diffusion/editing/start-index.ts"
import { openNetwork } from "../../../src/diffusion/estimators/open-network.ts"
import {
  type PreparedEstimator,
  prepareEstimator
} from "../../../src/diffusion/estimators/prepare-estimator.ts"
import {
  type EstimatorSampling,
  estimatorWalk,
  straightThrough
} from "../../../src/diffusion/sampling/estimator-walk.ts"
import type { Walk } from "../../../src/diffusion/sampling/sample-batches.ts"
import { planSampling, type SamplingPlan } from "../../../src/diffusion/stepping/plan.ts"
import type { Thresholding } from "../../../src/diffusion/stepping/thresholding.ts"
import { timestepsOf } from "../../../src/diffusion/stepping/timesteps.ts"
import { type ImageArray, toTensor } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import { pretrainedUNet } from "../../../src/models/deepfloyd/pretrained-value.ts"
import type { Embedding, Estimator, NoiseSchedule } from "../../../src/values/values.ts"
import { sourceFolder } from "../../support/source-folder.ts"
import type { ReferenceRun, RunSettings } from "./pipelines-reference.ts"

export interface SampleWalk {
  readonly estimator: PreparedEstimator
  readonly plan: SamplingPlan
  /** The state that the run starts from. */
  readonly start: ImageArray
  /** What a network that enlarges is given beside x. */
  readonly small: ImageArray | undefined
  /** Begins again; noise depends on the timestep only, so any step may be taken from any state. */
  readonly begin: () => Walk
  readonly dispose: () => void
}

/** One sample of a run; each has a text of its own. */
export const sampleWalk = async (
  folder: string,
  run: ReferenceRun,
  settings: RunSettings,
  sample: number,
  schedule: Omit<NoiseSchedule, "type">
): Promise<SampleWalk> => {
  const estimator = prepareEstimator(
    await estimatorOf(folder, run, settings, sample, schedule),
    openNetwork
  )
  const timesteps = timestepsFor(settings)
  const plan = planSampling({
    alphaBar: schedule.alphaBar,
    timesteps,
    end: settings.kind === "cs180" ? "last-timestep" : "clean",
    prediction: "epsilon",
    sampler: { kind: "ddpm", variance: "learned-range" }
  })
  const draw = drawing(run, sample, timesteps)
  const walk = {
    estimator,
    plan,
    thresholding: thresholdingOf(settings),
    seed: 0,
    moves: straightThrough(plan),
    draw,
    ...inpaintingOf(run, settings, plan)
  } satisfies EstimatorSampling
  const begin = () => estimatorWalk(walk, [sample])
  const told = estimator.tell([sample], draw)
  const [beside] = Object.values(told.small)
  const first = begin()
  const made = {
    estimator,
    plan,
    start: first.start === undefined ? startOf(run, settings, sample, plan) : arrayOf(first.start),
    small: beside === undefined ? undefined : arrayOf(beside.images),
    begin,
    dispose: () => estimator.dispose()
  }
  first.start?.dispose()
  first.dispose()
  tf.dispose([told.conditions, told.small])
  return made
}

const arrayOf = (images: Tensor4D): ImageArray => ({
  shape: images.shape,
  data: images.dataSync<"float32">()
})

const timestepsFor = (settings: RunSettings): ReadonlyArray<number> => {
  const { custom_timesteps: name, i_start: first = 0, strength, strided } = settings
  const asked =
    strided === undefined
      ? (name ?? settings.num_inference_steps!)
      : ({ kind: "strided", from: strided[0], stride: strided[1] } as const)
  const all = timestepsOf(asked, 1000)
  return all.slice(strength === undefined ? first : startIndex(all.length, strength))
}

/** As the schedulers of the two stages are configured; the course has none. */
const thresholdingOf = ({ kind }: RunSettings): Thresholding =>
  kind === "cs180"
    ? { kind: "none" }
    : { kind: "dynamic", ratio: 0.95, maximum: kind === "superres" ? 1 : 1.5 }

/** The reference's noise in place of the streams; it has none for a step from t = 0, where none is drawn. */
const drawing =
  (run: ReferenceRun, sample: number, timesteps: ReadonlyArray<number>) => (stream: string) => {
    const [, purpose, timestep] = /^(.*?)(?:\/t=(\d+).*)?$/.exec(stream) ?? []
    const steps = run.has("noise.steps") ? "noise.steps" : "noise"
    switch (purpose) {
      case "step noise":
        return toTensor(run.image(steps, timesteps.indexOf(Number(timestep)), sample))
      case "start noise":
        return toTensor(run.image("noise.init", sample))
      case "small image noise":
        return toTensor(run.image("noise.upscaled", sample))
      default:
        throw new Error(`the reference has no noise for ${stream}`)
    }
  }

/** A starting point of runs that do not make it themselves. */
const startOf = (
  run: ReferenceRun,
  { kind }: RunSettings,
  sample: number,
  plan: SamplingPlan
): ImageArray => {
  if (kind === "cs180") return run.image("x_start", sample)
  const noise = run.image("noise.init", sample)
  if (kind !== "img2img") return noise
  const { alphaBar } = plan.steps[0]!.from
  const noised = tf.tidy(() =>
    atLevel(toTensor(run.image("image", sample)), alphaBar, toTensor(noise)).dataSync<"float32">()
  )
  return { shape: noise.shape, data: noised }
}

const inpaintingOf = (run: ReferenceRun, { batch, kind }: RunSettings, plan: SamplingPlan) => {
  if (kind !== "inpaint") return {}
  const all = Array.from({ length: batch }, (_, index) => run.image("image", index))
  const [, height, width, channels] = all[0]!.shape
  const { data } = run.image("mask_binary", 0)
  const kept = {
    images: {
      shape: [batch, height, width, channels] as const,
      data: joined(all)
    },
    each: 1,
    mask: { type: "Mask" as const, shape: [height, width] as const, data }
  }
  const { constrain, start } = inpainting("clean", plan, kept, { length: 1, resamplings: 1 })
  return {
    ...(constrain === undefined ? {} : { constrain }),
    ...(start === undefined ? {} : { start })
  }
}

const estimatorOf = async (
  folder: string,
  run: ReferenceRun,
  settings: RunSettings,
  sample: number,
  schedule: Omit<NoiseSchedule, "type">
): Promise<Estimator> => {
  const { guidance_scale: gamma, noise_level: noiseLevel, unet } = settings
  const location = path.join(folder, unet, "unet")
  const files = await sourceFolder(location).list()
  const network = await pretrainedUNet({ shown: location, location, files }, { schedule })
  const small = noiseLevel === undefined ? undefined : run.image("image", sample)
  const leaf = (prompt: string) => ({
    kind: "network" as const,
    network: 0,
    condition: { embedding: 0, prompt },
    ...(noiseLevel === undefined ? {} : { enlarge: { images: 0, noiseLevel } })
  })
  return {
    type: "Estimator",
    tree:
      gamma > 1
        ? { kind: "guided", unconditional: leaf(""), conditional: leaf("text"), gamma }
        : leaf("text"),
    networks: [network],
    embeddings: [textsOf(run, sample)],
    images: small === undefined ? [] : [{ type: "Images", range: "[-1,1]", ...small }]
  }
}

/** The sample's own text and, where the run has one, its empty one. */
const textsOf = (run: ReferenceRun, sample: number): Embedding => {
  const names = ["prompt_embeds", "negative_prompt_embeds"].filter(run.has)
  const rows = names.map((name) => {
    const { data, shape } = run.expected(name)
    const size = shape[1]! * shape[2]!
    return { shape, data: data.subarray(sample * size, (sample + 1) * size) }
  })
  const [, tokens, width] = rows[0]!.shape
  return {
    type: "Embedding",
    kind: "text",
    prompts: ["text", ""].slice(0, rows.length),
    shape: [rows.length, tokens!, width!],
    data: joined(rows)
  }
}

const joined = (parts: ReadonlyArray<{ readonly data: Float32Array }>): Float32Array => {
  const size = parts[0]!.data.length
  const all = new Float32Array(parts.length * size)
  for (const [place, { data }] of parts.entries()) all.set(data, place * size)
  return all
}
