/** New content in part of an image. */
import { UserError } from "#src/base/user-error.ts"
import {
  inpainting,
  inpaintingRules,
  jumpIssues,
  jumpMoveCount
} from "#src/diffusion/editing/inpainting.ts"
import { startIndex } from "#src/diffusion/editing/start-index.ts"
import { countParam, steppingParams } from "#src/diffusion/sampling/estimator-params.ts"
import { planFor, scheduleOf, timestepsFor } from "#src/diffusion/sampling/estimator-plan.ts"
import { sampleEstimator, withEstimator } from "#src/diffusion/sampling/sample-estimator.ts"
import {
  stepCount,
  steppingIssues,
  timestepCount
} from "#src/diffusion/sampling/stepping-issues.ts"
import { rangeOf } from "#src/values/estimator-tree.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))

export default defineStage({
  summary: "Makes new content where a mask says so, and keeps the rest of the image.",
  source:
    "noised: Berkeley CS180 project 5; repaint: Lugmayr et al. 2022 (arXiv:2201.09865), algorithm 1; clean: diffusers' IFInpaintingPipeline",
  params: Schema.Struct({
    count: countParam,
    rule: Schema.Literals(inpaintingRules)
      .annotate({
        description:
          "noised: after each step the kept part is the image with the noise that x then has. repaint: the same, with jumps back in between, so that both parts come to agree. clean: the kept part is the clean image all the time. With `end: clean` the kept part is the image to the last bit."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("noised" as const))),
    jumps: Schema.Struct({
      length: Count.annotate({ description: "How many steps a jump goes back.", unit: "steps" }),
      resamplings: Count.annotate({ description: "How often each stretch is walked in all." })
    })
      .annotate({ description: "Of repaint; its authors use 10 and 10 with 250 timesteps." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed({ length: 10, resamplings: 10 }))),
    start: Schema.optionalKey(
      Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).annotate({
        description:
          "From which of the timesteps to start, counted from 0: from the image with noise, so that something of it stays where new content goes. Left out, all are walked: from noise alone, or of the rule clean from the image in any case."
      })
    ),
    strength: Schema.optionalKey(
      Schema.Finite.check(Schema.isGreaterThan(0), Schema.isLessThanOrEqualTo(1)).annotate({
        description: "In place of start: the share of the timesteps that are walked."
      })
    ),
    ...steppingParams
  }),
  inputs: {
    images: port("Images[I,H,W,C] in R", { description: "Images of which a part stays." }),
    mask: port("Mask[H,W]", { description: "1 where new content goes, 0 where the image stays." }),
    estimator: port("Estimator[H,W,C] in R", { description: "What the new content is to be." }),
    schedule: port("NoiseSchedule[T] towards noise", {
      description: "Absent: the one that the estimator's network was trained with.",
      optional: true
    })
  },
  outputs: {
    images: port("Images[N,H,W,C] in R", {
      description: "The inpainted images, image by image: `count` of each."
    }),
    trajectory: port("Images[F,H,W,C] in R", {
      description: "Of each, one after another, its states, labelled by timestep."
    })
  },
  bind: ({ count, frames }, { dims: { I } }) =>
    I === undefined ? {} : { N: I * count, F: I * count * frames },
  check: (params, known) => {
    const { jumps, rule, sampler, start, strength } = params
    const steps = stepCount(params, startOf(params, timestepCount(params.timesteps)))
    const jumping = rule === "repaint" && steps >= 1
    const tooLong = jumping ? jumpIssues(steps, jumps) : []
    const moves = jumping && tooLong.length === 0 ? jumpMoveCount(steps, jumps) : steps
    return [
      ...(sampler === "dpm-solver++"
        ? [
            {
              path: ["sampler"],
              message: "dpm-solver++ goes on from its last estimate, which inpainting takes away",
              hint: "use ddpm, ddim, euler or heun"
            }
          ]
        : []),
      ...(start === undefined || strength === undefined
        ? []
        : [
            {
              path: ["strength"],
              message: "start and strength exclude each other",
              hint: "give one"
            }
          ]),
      ...tooLong,
      ...steppingIssues({ ...params, start: start ?? 0 }, known, moves)
    ]
  },
  example: `filled:
  uses: edit/inpaint
  in: { images: photo.image, mask: hole.mask, estimator: guided.estimator }
  with: { count: 4, timesteps: { kind: strided, from: 990, stride: 30 }, seed: 180 }
`,
  run: ({ inputs: { estimator, images, mask, schedule }, params, progress, signal }) =>
    withEstimator(estimator, async (prepared) => {
      const alphaBar = scheduleOf(prepared, schedule)
      const timesteps = timestepsFor(params, alphaBar)
      const start = startOf(params, timesteps.length)
      const plan = planFor(params, prepared, alphaBar, timesteps.slice(start))
      if (!mask.data.some((weight) => weight > 0)) {
        throw new UserError("the mask is empty: nothing would be made anew", {
          hint: "in a mask 1 says where new content goes; `mask/…` stages can turn it over"
        })
      }
      const kept = { images, each: params.count, mask }
      const labels = Array.from(
        { length: images.shape[0] * params.count },
        (_, item) => images.labels?.[Math.floor(item / params.count)] ?? ""
      )
      const settings = inpainting(params.rule, plan, kept, params.jumps, start > 0)
      return sampleEstimator(prepared, rangeOf(estimator), params, settings, labels, {
        progress,
        signal
      })
    })
})

const startOf = (
  { start = 0, strength }: { readonly start?: number; readonly strength?: number },
  timesteps: number
): number => (strength === undefined ? start : startIndex(timesteps, strength))
