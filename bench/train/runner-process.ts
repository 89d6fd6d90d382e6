/**
 * Whole training as a process that speaks the same lines of JSON as `bench/torch/peer.py`: epochs as a stage runs them, from
 * bytes to checkpoints. `node runner-process.ts THREADS`.
 */
import { createHash } from "node:crypto"
import { nchwcBlockSize } from "../../src/engine/provider/block-size.ts"
import { tf } from "../../src/engine/tf.ts"
import { freshModel } from "../../src/models/model-value.ts"
import { parameterCount } from "../../src/models/parameters.ts"
import { digits } from "../../src/models/unet/config.ts"
import { flowMatching } from "../../src/training/objectives/flow-matching.ts"
import { type EpochResult, trainEpoch } from "../../src/training/train-epoch.ts"
import { encodeValue } from "../../src/values/codec.ts"
import type { Dataset, Model, TrainingState, Value } from "../../src/values/values.ts"
import type { CaseSpec } from "../engine/cases.ts"
import { uniform } from "../engine/data.ts"
import { serve } from "../engine/serve.ts"

const threads = Number(process.argv[2])
process.env["ABLATE_THREADS"] = `${threads}`

/** As many images as steps times the batch: a turn is an epoch of few steps. */
const randomDigits = (count: number): Dataset => {
  const next = uniform()
  return {
    type: "Dataset",
    name: "random digits",
    shape: [count, 28, 28, 1],
    range: "[0,1]",
    data: Uint8Array.from({ length: count * 28 * 28 }, () => Math.floor(256 * next())),
    classes: Array.from({ length: 10 }, (_, digit) => `${digit}`),
    labels: Int32Array.from({ length: count }, () => Math.floor(10 * next()))
  }
}

interface Turn {
  /** From the end of one step to the end of the next. */
  readonly ms: ReadonlyArray<number>
  /** All else: weights in and out, the order, the checkpoint's bytes and their digests. */
  readonly restMs: number
  readonly loss: number
}

class Training {
  readonly #batch: number
  #model: Model
  #state: TrainingState | undefined
  #epoch = 0

  constructor({ batch, width }: Pick<CaseSpec, "batch" | "width">) {
    this.#batch = batch
    const { imageChannels, imageSize } = digits
    this.#model = freshModel(
      { kind: "unet", channels: width, imageSize, imageChannels, time: "add", classes: 10 },
      "[0,1]",
      180
    )
  }

  get parameters(): number {
    return parameterCount(flowMatching(this.#model, { unconditional: 0.1 }).network.parameters)
  }

  async turn(steps: number): Promise<Turn> {
    const dataset = randomDigits(steps * this.#batch)
    const started = performance.now()
    const ends: Array<number> = []
    const result = await trainEpoch({
      objective: flowMatching(this.#model, { unconditional: 0.1 }),
      model: this.#model,
      state: this.#state,
      dataset,
      settings: { epoch: ++this.#epoch, batchSize: this.#batch, seed: 180, learningRate: 1e-3 },
      context: {
        progress: () => ends.push(performance.now()),
        signal: new AbortController().signal
      }
    })
    digestAll(result)
    const all = performance.now() - started
    this.#model = result.model
    this.#state = result.state
    // The first step's beginning is not seen: its time is counted as that of the second.
    const gaps = ends.slice(1).map((end, index) => end - ends[index]!)
    const ms = gaps.length === 0 ? [all] : [gaps[0]!, ...gaps]
    const restMs = gaps.length === 0 ? 0 : all - ms.reduce((sum, one) => sum + one, 0)
    return { ms, restMs, loss: result.losses.scalars["loss"]! }
  }
}

/** What the store does with a checkpoint but writing it down. */
const digestAll = ({ averaged, losses, model, state }: EpochResult): void => {
  const values: ReadonlyArray<Value> = [model, averaged, state, losses]
  for (const value of values) {
    for (const bytes of Object.values(encodeValue(value).files)) {
      createHash("sha256").update(bytes).digest()
    }
  }
}

let training: Training | undefined

await serve({
  prepare: async (spec) => {
    const start = performance.now()
    training = new Training(spec)
    await training.turn(2)
    const setupMs = performance.now() - start
    const { restMs } = await training.turn(3)
    return {
      parameters: training.parameters,
      about: `ablate's training on ${tf.getBackend()}, blocks of ${nchwcBlockSize()}`,
      setupMs,
      epochMs: restMs
    }
  },
  steps: async (count) => {
    if (training === undefined) throw new Error("nothing was prepared")
    const { loss, ms } = await training.turn(count)
    return { ms, value: loss }
  }
})
