/**
 * Sampling by a stage as a process that speaks the same lines of JSON as `bench/torch/peer.py`: a turn is one run of the stage, with
 * as many steps as were asked for. `node sampler-process.ts flow|ddpm|ddim GUIDANCE THREADS`; `ddim` is `sample/diffusion` with an estimator.
 */
import { linearBetas, alphaBar } from "../../src/diffusion/schedule.ts"
import { nchwcBlockSize } from "../../src/engine/provider/block-size.ts"
import { tf } from "../../src/engine/tf.ts"
import { freshModel, unetOf } from "../../src/models/model-value.ts"
import { parameterCount } from "../../src/models/parameters.ts"
import { digits } from "../../src/models/unet/config.ts"
import type { Images, Model } from "../../src/values/values.ts"
import ddpm from "../../stages/sample/ddpm.ts"
import diffusion from "../../stages/sample/diffusion.ts"
import flow from "../../stages/sample/flow.ts"
import type { CaseSpec } from "../engine/cases.ts"
import { serve } from "../engine/serve.ts"

const [method, guidance, threads] = process.argv.slice(2)
process.env["ABLATE_THREADS"] = threads!

interface Turn {
  /** From the end of one step to the end of the next. */
  readonly ms: ReadonlyArray<number>
  readonly restMs: number
  readonly value: number
}

interface Context {
  readonly progress: () => void
  readonly log: () => void
  readonly files: Record<string, never>
  readonly folders: Record<string, never>
  readonly signal: AbortSignal
}

class Sampling {
  readonly #batch: number
  readonly model: Model

  constructor({ batch, width }: Pick<CaseSpec, "batch" | "width">) {
    this.#batch = batch
    const { imageChannels, imageSize } = digits
    this.model = freshModel(
      { kind: "unet", channels: width, imageSize, imageChannels, time: "add", classes: 10 },
      "[0,1]",
      180
    )
  }

  async turn(steps: number): Promise<Turn> {
    const started = performance.now()
    const ends: Array<number> = []
    const context = {
      progress: () => void ends.push(performance.now()),
      log: () => {},
      files: {},
      folders: {},
      signal: new AbortController().signal
    }
    const images = await this.#sample(steps, context)
    const all = performance.now() - started
    // The first step's beginning is not seen: its time is counted as that of the second.
    const gaps = ends.slice(1).map((end, index) => end - ends[index]!)
    const ms = gaps.length === 0 ? [all] : [gaps[0]!, ...gaps]
    const restMs = gaps.length === 0 ? 0 : all - ms.reduce((sum, one) => sum + one, 0)
    return { ms, restMs, value: images.data[0]! }
  }

  async #sample(steps: number, context: Context): Promise<Images> {
    const common = { seed: 180, batchSize: Math.max(2, this.#batch), frames: 2 }
    const asked = {
      ...common,
      classes: Array.from({ length: this.#batch }, (_, item) => item % 10),
      perClass: 1,
      guidance: Number(guidance)
    }
    const noise = { prediction: "epsilon", schedule: schedule(steps) } as const
    if (method === "flow") {
      const inputs = { model: this.#models({ prediction: "velocity" }) }
      return (await flow.run({ inputs, params: { ...asked, steps, solver: "euler" }, ...context }))
        .images
    }
    if (method === "ddpm") {
      const inputs = { model: this.#models(noise) }
      return (await ddpm.run({ inputs, params: { ...asked, variance: "fixed-large" }, ...context }))
        .images
    }
    const { images } = await diffusion.run({
      inputs: {
        estimator: {
          type: "Estimator",
          tree: { kind: "network", network: 0 },
          networks: [{ ...this.model, ...noise }],
          embeddings: [],
          images: []
        },
        schedule: undefined
      },
      params: {
        ...common,
        count: this.#batch,
        timesteps: steps,
        sampler: "ddim",
        thresholding: "none",
        end: "clean"
      },
      ...context
    })
    return images
  }

  #models(facts: Partial<Model>) {
    const model = { ...this.model, ...facts }
    return { type: "Models" as const, models: [{ label: "epoch 1", model }] }
  }
}

const schedule = (steps: number): NonNullable<Model["schedule"]> => {
  const betas = linearBetas(steps, 1e-4, 0.02)
  return { kind: "linear", betas: [...betas], alphaBar: [...alphaBar(betas)] }
}

let sampling: Sampling | undefined

await serve({
  prepare: async (spec) => {
    const start = performance.now()
    sampling = new Sampling(spec)
    await sampling.turn(2)
    const setupMs = performance.now() - start
    const { restMs } = await sampling.turn(3)
    return {
      parameters: parameterCount(unetOf(sampling.model).parameters),
      about: `ablate's sampler on ${tf.getBackend()}, blocks of ${nchwcBlockSize()}`,
      setupMs,
      epochMs: restMs
    }
  },
  steps: async (count) => {
    if (sampling === undefined) throw new Error("nothing was prepared")
    return sampling.turn(count)
  }
})
