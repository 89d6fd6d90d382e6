/** Denoising with a trained network, in one pass. */
import {
  checkpointCount,
  Checkpoints,
  chooseCheckpoints,
  labelAtCheckpoint
} from "#src/diffusion/checkpoints.ts"
import { denoiserOf, recordedDenoiser } from "#src/diffusion/denoiser.ts"
import { inBatches, sourceOfImages } from "#src/diffusion/in-batches.ts"
import { tf } from "#src/engine/tf.ts"
import { stateOf } from "#src/models/model-value.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "Estimates clean images from noisy ones with a trained denoiser, in one pass.",
  params: Schema.Struct({
    checkpoints: Checkpoints,
    batchSize: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 65_536 }))
      .annotate({
        description: "The most images that are computed together; the results are the same.",
        unit: "images"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(64)))
  }),
  inputs: {
    model: port("Models[M,H,W,C,K] in R given nothing of sample", {
      description: "The trained denoiser, or several checkpoints."
    }),
    images: port("Images[N,H,W,C] in R", { description: "Noisy images, or pure noise." })
  },
  outputs: {
    images: port("Images[L,H,W,C] in R", {
      description:
        "The estimates, checkpoint by checkpoint, with the images' labels. Values outside of the pixel range stay; pictures clip them."
    })
  },
  bind: ({ checkpoints }, { dims: { M, N } }) => {
    const count = checkpointCount(checkpoints, M)
    return count === undefined || N === undefined ? {} : { L: count * N }
  },
  example: `denoised:
  uses: denoise/single-step
  in: { model: train.model, images: noisy.noisy }
`,
  run: async ({ inputs: { images, model }, params, progress, signal }) => {
    const checkpoints = chooseCheckpoints(model, params.checkpoints)
    const [count, ...size] = images.shape
    const data = new Float32Array(checkpoints.length * images.data.length)
    for (const [index, checkpoint] of checkpoints.entries()) {
      const denoise = recordedDenoiser(denoiserOf(checkpoint.model))
      const state = stateOf(checkpoint.model)
      try {
        const [denoised] = await inBatches(
          sourceOfImages(images),
          params.batchSize,
          (batch) => [denoise(state, batch)],
          {
            progress: (done, total, unit) =>
              progress(index * total + done, checkpoints.length * total, unit),
            signal
          }
        )
        if (denoised !== undefined) data.set(denoised, index * images.data.length)
      } finally {
        tf.dispose(state)
      }
    }
    const labels = checkpoints.flatMap(({ label }) =>
      Array.from({ length: count }, (_, i) => labelAtCheckpoint(label, images.labels?.[i] ?? ""))
    )
    return {
      images: {
        type: "Images" as const,
        shape: [labels.length, ...size] as const,
        range: images.range,
        data,
        ...(labels.every((label) => label === "") ? {} : { labels })
      }
    }
  }
})
