/** Samples of one or several checkpoints, as values. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { UserError } from "../../base/user-error.ts"
import type { LoopContext } from "../../engine/tensors.ts"
import { tf } from "../../engine/tf.ts"
import { stateOf, unetOf } from "../../models/model-value.ts"
import type { State } from "../../models/parameters.ts"
import type { UNet } from "../../models/unet/unet.ts"
import type { Images, Model, Models, Tensor } from "../../values/values.ts"
import { type Checkpoint, chooseCheckpoints, labelAtCheckpoint } from "../checkpoints.ts"
import { filmStrips, framesOf } from "./frames.ts"
import { gammaOf } from "../guidance.ts"
import { type Conditioning, conditioningFor } from "./network-estimate.ts"
import { sampleBatches } from "./sample-batches.ts"
import { assertSampling, sampleClasses, sampleCount, type SampleParams } from "./sample-params.ts"

/** How samples come out of noise. */
export interface SamplingProcess {
  readonly steps: number
  /** How people call the state after so many steps, such as `t=0.5`. */
  readonly stateLabel: (done: number) => string
  /**
   * x after step `step` (0, 1, …) from x before it; a new tensor.
   *
   * @param items numbers of the samples in the batch
   */
  readonly step: (
    state: State,
    x: Tensor4D,
    conditioning: Conditioning,
    step: number,
    items: ReadonlyArray<number>
  ) => Tensor4D
}

export interface Samples {
  /** Checkpoint by checkpoint; values outside of the pixel range stay. */
  readonly images: Images
  /** States of each sample, sample by sample, from the noise on. */
  readonly trajectory: Images
  /** The class that each image was asked for, -1 for none. */
  readonly classes: Tensor
}

/**
 * @param processOf how a model is sampled; called once for each checkpoint
 * @throws UserError when the parameters do not fit a model, or samples are not finite
 * @throws the signal's reason when the user stops it
 */
export const sampleModels = async (
  models: Models,
  params: SampleParams,
  processOf: (network: UNet, model: Model) => SamplingProcess,
  { progress, signal }: LoopContext
): Promise<Samples> => {
  const checkpoints = chooseCheckpoints(models, params.checkpoints)
  const [first] = checkpoints
  if (first === undefined) throw new UserError("there is no model to sample from")
  const parts: Array<CheckpointSamples> = []
  for (const [index, checkpoint] of checkpoints.entries()) {
    parts.push(
      await sampleCheckpoint(checkpoint, params, processOf, {
        progress: (done, total, unit) =>
          progress(index * total + done, checkpoints.length * total, unit),
        signal
      })
    )
  }
  const frame = {
    type: "Images" as const,
    range: first.model.range,
    size: sizeOf(first.model)
  }
  return {
    images: imagesOf(frame, parts, ({ labels, samples }) => [labels, samples]),
    trajectory: imagesOf(frame, parts, ({ stateLabels, states }) => [stateLabels, states]),
    classes: {
      type: "Tensor",
      shape: [parts.reduce((sum, { labels }) => sum + labels.length, 0)],
      data: Int32Array.from(parts.flatMap(({ classes }) => classes))
    }
  }
}

interface CheckpointSamples {
  readonly labels: ReadonlyArray<string>
  readonly samples: Float32Array
  readonly stateLabels: ReadonlyArray<string>
  readonly states: Float32Array
  readonly classes: ReadonlyArray<number>
}

const sizeOf = ({ architecture: { imageChannels, imageSize } }: Model) =>
  [imageSize, imageSize, imageChannels] as const

const sampleCheckpoint = async (
  { label, model }: Checkpoint,
  params: SampleParams,
  processOf: (network: UNet, model: Model) => SamplingProcess,
  context: LoopContext
): Promise<CheckpointSamples> => {
  const network = unetOf(model)
  const classCount = network.config.classes
  if (network.config.time === "none") {
    throw new UserError("the model is not told the time, so it cannot be sampled from", {
      hint: "give the network `time: multiply` or `time: add` and train it"
    })
  }
  const process = processOf(network, model)
  const { stateLabel, steps } = process
  assertSampling(params, classCount, steps)
  const classes = sampleClasses(params, classCount)
  const count = sampleCount(params, classCount)!
  const gamma = gammaOf(params.guidance ?? 1)
  const kept = framesOf(steps, params.frames)
  const shape = sizeOf(model)
  const state = stateOf(model)
  try {
    const states = await sampleBatches(
      {
        count,
        shape,
        seed: params.seed,
        batchSize: params.batchSize,
        steps,
        keep: kept,
        begin: (items) => {
          const conditioning = conditioningFor(
            network,
            classes === undefined ? undefined : items.map((item) => classes[item]!),
            gamma
          )
          return {
            step: (x, step) => process.step(state, x, conditioning, step, items),
            dispose: () => tf.dispose(conditioning)
          }
        }
      },
      context
    )
    const samples = states.at(-1)!
    assertFinite(samples, samples.length / count, label)
    const labels = Array.from({ length: count }, (_, item) =>
      labelAtCheckpoint(label, classes === undefined ? "" : String(classes[item]))
    )
    return {
      labels,
      samples,
      stateLabels: labels.flatMap((own) =>
        kept.map((done) => labelAtCheckpoint(own, stateLabel(done)))
      ),
      states: filmStrips(states, count),
      classes: classes ?? labels.map(() => -1)
    }
  } finally {
    tf.dispose(state)
  }
}

const assertFinite = (samples: Float32Array, size: number, checkpoint: string): void => {
  const at = samples.findIndex((value) => !Number.isFinite(value))
  if (at < 0) return
  const sample = labelAtCheckpoint(checkpoint, `sample ${Math.floor(at / size)}`)
  throw new UserError(`${sample} is not finite: it holds ${samples[at]}`, {
    exitCode: 1,
    hint: "the training diverged, or the guidance is too strong; take an earlier checkpoint, a lower learning rate or less guidance"
  })
}

const imagesOf = <P>(
  {
    range,
    size,
    type
  }: Pick<Images, "type" | "range"> & { readonly size: ReturnType<typeof sizeOf> },
  parts: ReadonlyArray<P>,
  pick: (part: P) => readonly [labels: ReadonlyArray<string>, data: Float32Array]
): Images => {
  const picked = parts.map(pick)
  const labels = picked.flatMap(([own]) => own)
  const data = new Float32Array(picked.reduce((sum, [, own]) => sum + own.length, 0))
  let offset = 0
  for (const [, own] of picked) {
    data.set(own, offset)
    offset += own.length
  }
  return {
    type,
    shape: [labels.length, ...size],
    range,
    data,
    ...(labels.every((label) => label === "") ? {} : { labels })
  }
}
