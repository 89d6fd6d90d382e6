/** How well a trained denoiser does, noise level by noise level. */
import { UserError } from "#src/base/user-error.ts"
import {
  checkpointCount,
  Checkpoints,
  chooseCheckpoints,
  labelAtCheckpoint
} from "#src/diffusion/checkpoints.ts"
import { denoiserOf } from "#src/diffusion/denoiser.ts"
import { denoisingQuality } from "#src/diffusion/evaluation/denoising-quality.ts"
import { sourceOfDataset } from "#src/diffusion/in-batches.ts"
import { tf } from "#src/engine/tf.ts"
import { stateOf } from "#src/models/model-value.ts"
import { defineStage, port } from "#src/stage.ts"
import { limitsOf } from "#src/values/quantise.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Sigma = Schema.Finite.check(
  Schema.isGreaterThanOrEqualTo(0, { message: "expected a deviation of 0 or more" })
)
const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000_000 }))

export default defineStage({
  summary:
    "Adds noise of several deviations to test images and measures what a denoiser makes of them: MSE, PSNR, SSIM.",
  source: "the metrics of evaluate/image-metrics, as means over the images; x + σ ε",
  params: Schema.Struct({
    checkpoints: Checkpoints,
    sigmas: Schema.Array(Sigma)
      .check(
        Schema.isMinLength(1, { message: "expected at least one deviation" }),
        Schema.makeFilter((sigmas) => new Set(sigmas).size === sigmas.length, {
          message: "expected different deviations"
        })
      )
      .annotate({ description: "Deviations σ of the noise.", unit: "pixel value" })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed([0, 0.2, 0.4, 0.5, 0.6, 0.8, 1]))),
    count: Count.annotate({
      description:
        "How many test images are measured, from the first on; with a thousand, the standard error of the mean MSE is a few percent of the images' own deviation.",
      unit: "images"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(1000))),
    shown: Count.annotate({
      description: "How many of them are given out as images, from the first on.",
      unit: "images"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
    seed: Schema.Int.annotate({
      description:
        "Of the noise. An image's noise depends on its place in the test set, and is the same for all σ and checkpoints."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    batchSize: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 65_536 }))
      .annotate({
        description: "The most images that are computed together.",
        unit: "images"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(64)))
  }),
  inputs: {
    model: port("Models[M,H,W,C,K] in R given nothing of sample", {
      description: "The trained denoiser, or several checkpoints."
    }),
    dataset: port("Dataset[D,H,W,C,L] in R", {
      description: "Images that it was not trained with."
    })
  },
  outputs: {
    metrics: port("Metrics", {
      description:
        "A row a σ and checkpoint: sigma, images, mse, psnr, ssim, and noisyMse and noisyPsnr of the noisy images. The infinite PSNR of images without noise is left out, SSIM where images are smaller than 11 x 11. Scalars are the means over σ at the last checkpoint."
    }),
    noisy: port("Images[S,H,W,C] in R", {
      description: "The noisy images shown, image by image at every σ."
    }),
    denoised: port("Images[L2,H,W,C] in R", {
      description: "What the denoiser makes of them, checkpoint by checkpoint."
    })
  },
  bind: ({ checkpoints, count, shown, sigmas }, { dims: { D, M } }) => {
    if (D === undefined) return {}
    const images = Math.min(count, shown, D) * sigmas.length
    const models = checkpointCount(checkpoints, M)
    return { S: images, ...(models === undefined ? {} : { L2: images * models }) }
  },
  example: `quality:
  uses: evaluate/denoising
  in: { model: train.model, dataset: digits.test }
  with: { sigmas: [0, 0.2, 0.4, 0.5, 0.6, 0.8, 1], count: 1000, seed: 180 }
`,
  run: async ({ inputs: { dataset, model }, params, progress, signal }) => {
    const { batchSize, seed, sigmas } = params
    const images = sourceOfDataset(dataset, params.count)
    const [count, ...size] = images.shape
    if (count === 0) throw new UserError(`${dataset.name} has no images to measure`)
    const shown = Math.min(params.shown, count)
    const [low, high] = limitsOf(dataset.range)
    const checkpoints = chooseCheckpoints(model, params.checkpoints)
    const pixels = size[0] * size[1] * size[2]
    const perCheckpoint = shown * sigmas.length
    const noisy = new Float32Array(perCheckpoint * pixels)
    const denoised = new Float32Array(checkpoints.length * noisy.length)
    const series: Array<Record<string, number | string>> = []
    for (const [index, checkpoint] of checkpoints.entries()) {
      const network = denoiserOf(checkpoint.model)
      const state = stateOf(checkpoint.model)
      try {
        for (const [level, sigma] of sigmas.entries()) {
          const before = (index * sigmas.length + level) * count
          const total = checkpoints.length * sigmas.length * count
          const quality = await denoisingQuality(
            { network, state, images, sigma, seed, batchSize, peak: high - low, shown },
            { progress: (done) => progress(before + done, total, "images"), signal }
          )
          const { denoised: outputs, noisy: inputs, ...numbers } = quality
          for (const [name, value] of Object.entries(numbers)) {
            if (Number.isFinite(value)) continue
            throw new UserError(`${name} at σ = ${sigma} is ${value}`, {
              exitCode: 1,
              hint: "the training diverged; take an earlier checkpoint or a lower learning rate"
            })
          }
          series.push({
            ...(checkpoint.label === "" ? {} : { checkpoint: checkpoint.label }),
            sigma,
            images: count,
            ...numbers
          })
          for (let image = 0; image < shown; image++) {
            const part = (of: Float32Array) => of.subarray(image * pixels, (image + 1) * pixels)
            const place = image * sigmas.length + level
            noisy.set(part(inputs), place * pixels)
            denoised.set(part(outputs), (index * perCheckpoint + place) * pixels)
          }
        }
      } finally {
        tf.dispose(state)
      }
    }
    const labels = Array.from({ length: shown }, (_, image) =>
      sigmas.map((sigma) => (shown === 1 ? `σ=${sigma}` : `${image} σ=${sigma}`))
    ).flat()
    const frame = { type: "Images" as const, range: dataset.range }
    return {
      metrics: {
        type: "Metrics" as const,
        scalars: meansOf(series.slice(-sigmas.length)),
        series
      },
      noisy: { ...frame, shape: [perCheckpoint, ...size] as const, data: noisy, labels },
      denoised: {
        ...frame,
        shape: [checkpoints.length * perCheckpoint, ...size] as const,
        data: denoised,
        labels: checkpoints.flatMap(({ label }) =>
          labels.map((own) => labelAtCheckpoint(label, own))
        )
      }
    }
  }
})

/** Each over the rows that have it. */
const meansOf = (rows: ReadonlyArray<Readonly<Record<string, number | string>>>) => {
  const scalars: Record<string, number> = {}
  for (const name of ["mse", "psnr", "ssim"]) {
    const values = rows.map((row) => row[name]).filter((value) => typeof value === "number")
    if (values.length === 0) continue
    scalars[`mean${name[0]!.toUpperCase()}${name.slice(1)}`] =
      values.reduce((sum, value) => sum + value, 0) / values.length
  }
  return scalars
}
