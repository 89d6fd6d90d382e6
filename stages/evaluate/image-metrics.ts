/** How close images are to a reference. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "#src/base/user-error.ts"
import {
  meanSquaredError,
  peakSignalToNoise,
  similarityWindow,
  structuralSimilarity
} from "#src/diffusion/image-metrics.ts"
import { compute, imageAt, imageByImage, toTensor } from "#src/engine/tensors.ts"
import { defineStage, port } from "#src/stage.ts"

const names = ["mse", "psnr", "ssim"] as const

/** The length of a pixel range. */
const peaks = { "[-1,1]": 2, "[0,1]": 1 } as const

const mean = (values: ReadonlyArray<number>) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const tooSmall = (height: number, width: number) => ({
  message: `SSIM needs images of at least ${similarityWindow} x ${similarityWindow} pixels, these have ${width} x ${height}`,
  hint: "leave ssim out: `metrics: [mse, psnr]`"
})

const unpaired = (count: number, references: number) => ({
  message: `${references} reference images for ${count} images`,
  hint: "give one reference for all images, or one for each"
})

export default defineStage({
  summary: "Mean squared error, PSNR and SSIM of images against a reference.",
  source:
    "SSIM: Wang et al. 2004, equation 13; as scikit-image's `structural_similarity` with `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`. PSNR: 10 log₁₀(peak²/MSE), peak 2 for [-1,1] and 1 for [0,1]",
  params: Schema.Struct({
    metrics: Schema.Array(Schema.Literals(names))
      .check(Schema.isMinLength(1, { message: "expected at least one metric" }))
      .annotate({ description: "Which to compute. SSIM needs images of at least 11 x 11 pixels." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(names)))
  }),
  inputs: {
    images: port("Images[N,H,W,C] in R", { description: "One image or several." }),
    reference: port("Images[M,H,W,C] in R", {
      description: "What they should be: one for all, or one for each."
    })
  },
  outputs: {
    metrics: port("Metrics", {
      description:
        "A row an image (index, label, the metrics, identical) and the means as scalars. The PSNR of an image that equals its reference is infinite: it is left out of the row and of the mean, and `identical` is 1; the scalar `identical` counts such images."
    })
  },
  check: ({ metrics }, { dims: { H, M, N, W } }) => [
    ...(N === undefined || M === undefined || M === 1 || M === N
      ? []
      : [{ path: [], ...unpaired(N, M) }]),
    ...(metrics.includes("ssim") &&
    H !== undefined &&
    W !== undefined &&
    Math.min(H, W) < similarityWindow
      ? [{ path: ["metrics"], ...tooSmall(H, W) }]
      : [])
  ],
  example: `quality:
  uses: evaluate/image-metrics
  in: { images: blurred.images, reference: photo.image }
`,
  run: async ({ inputs: { images, reference }, params: { metrics }, progress, signal }) => {
    const [count, height, width] = images.shape
    const references = reference.shape[0]
    if (references !== 1 && references !== count) {
      const { hint, message } = unpaired(count, references)
      throw new UserError(message, { hint })
    }
    if (metrics.includes("ssim") && Math.min(height, width) < similarityWindow) {
      const { hint, message } = tooSmall(height, width)
      throw new UserError(message, { hint })
    }
    const peak = peaks[images.range]
    const measured: Record<(typeof names)[number], Array<number>> = { mse: [], psnr: [], ssim: [] }
    const rows: Array<Record<string, number | string>> = []
    await imageByImage(count, { progress, signal }, (index) => {
      const image = imageAt(images, index)
      const target = imageAt(reference, references === 1 ? 0 : index)
      const numberOf = (metric: typeof meanSquaredError) =>
        compute(() => metric(toTensor(image), toTensor(target)))[0]!
      const mse = numberOf(meanSquaredError)
      const row: Record<string, number | string> = {
        index,
        label: images.labels?.[index] ?? `${index}`
      }
      for (const name of names.filter((name) => metrics.includes(name))) {
        const value =
          name === "mse"
            ? mse
            : name === "psnr"
              ? peakSignalToNoise(mse, peak)
              : numberOf((x, y) => structuralSimilarity(x, y, peak))
        // JSON has no infinity: an infinite PSNR is told by `identical`.
        if (value === Number.POSITIVE_INFINITY) continue
        if (!Number.isFinite(value))
          throw new UserError(`${name} of image ${index} is ${value}`, { exitCode: 1 })
        row[name] = value
        measured[name].push(value)
      }
      row["identical"] = mse === 0 ? 1 : 0
      rows.push(row)
    })
    const scalars: Record<string, number> = {}
    for (const name of names) {
      if (measured[name].length > 0) scalars[name] = mean(measured[name])
    }
    scalars["identical"] = rows.filter((row) => row["identical"] === 1).length
    return { metrics: { type: "Metrics", scalars, series: rows } }
  }
})
