/** Parameters of the stages that sample with an estimator. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ends } from "../stepping/level.ts"
import { TimestepsParam } from "../stepping/timesteps-params.ts"
import { variances } from "../stepping/variance.ts"

const Sampler = Schema.Union([
  Schema.Literals(["ddpm", "ddim", "euler", "heun", "dpm-solver++"]),
  Schema.Struct({
    kind: Schema.Literal("ddpm"),
    variance: Schema.Literals(variances).annotate({
      description:
        "Of the noise of a step: β̃, β, or between them as the network has learned. None is added in the step to the clean image, but by learned-range."
    })
  }),
  Schema.Struct({
    kind: Schema.Literal("ddim"),
    eta: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })).annotate({
      description: "0 is deterministic, 1 ancestral."
    })
  })
])

const Thresholding = Schema.Union([
  Schema.Literals(["none", "clip"]),
  Schema.Struct({
    kind: Schema.Literal("dynamic"),
    ratio: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
      .annotate({
        description:
          "Which share of an image's pixels stays within the limit that it is clipped to."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.95))),
    maximum: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(1)).annotate({
      description: "The largest limit: 1.5 in stage I of DeepFloyd IF, 1 in stage II."
    })
  })
])

export const steppingParams = {
  timesteps: TimestepsParam.pipe(Schema.withDecodingDefaultKey(Effect.succeed(50))),
  sampler: Sampler.annotate({
    description:
      "ddpm draws noise at each step, ddim (η = 0), euler, heun (two evaluations a step) and dpm-solver++ (2M) do not. ddpm alone takes the variance learned-range where the network has learned it, else fixed-large."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("ddpm" as const))),
  thresholding: Thresholding.annotate({
    description:
      "What is done with estimates of the clean image: nothing, clip to the pixel range, or { kind: dynamic, ratio: 0.95, maximum: 1.5 } (Saharia et al. 2022), for images in [-1,1]."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("none" as const))),
  end: Schema.Literals(ends)
    .annotate({
      description:
        "clean: with a last step from the last timestep to the clean image. last-timestep: the last timestep is where it ends, as in Berkeley CS180's iterative denoising."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("clean" as const))),
  seed: Schema.Int.annotate({
    description: "Of all noise. Sample k has its own, whatever else is sampled."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  batchSize: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_536 }))
    .annotate({
      description:
        "The most samples that are computed together; each is as many images to a network as the estimator asks it questions. With 1 a network is still asked about two images. A matter of memory only: the samples are the same.",
      unit: "images"
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(64))),
  frames: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 10_000 }))
    .annotate({
      description:
        "How many states of each sample the trajectory has, evenly spread over the steps; the first and the last are among them."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(2)))
}

/** How many, of what starts from noise. */
export const countParam = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))
  .annotate({ description: "How many samples.", unit: "images" })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4)))

const Stepping = Schema.Struct(steppingParams)
/** What these parameters decode to. */
export type SteppingParams = typeof Stepping.Type
