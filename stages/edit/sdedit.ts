/** Editing by noise and denoising. */
import { atLevel } from "#src/diffusion/editing/forward.ts"
import { givenImages } from "#src/diffusion/editing/given-images.ts"
import { startIndex } from "#src/diffusion/editing/start-index.ts"
import { steppingParams } from "#src/diffusion/sampling/estimator-params.ts"
import { planFor, scheduleOf, timestepsFor } from "#src/diffusion/sampling/estimator-plan.ts"
import { filmStrips } from "#src/diffusion/sampling/frames.ts"
import { initialStream, noiseBatch } from "#src/diffusion/sampling/sample-batches.ts"
import { sampleEstimator, withEstimator } from "#src/diffusion/sampling/sample-estimator.ts"
import { steppingIssues } from "#src/diffusion/sampling/stepping-issues.ts"
import { tf } from "#src/engine/tf.ts"
import { rangeOf } from "#src/values/estimator-tree.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const { frames: _frames, ...withoutFrames } = steppingParams
const Start = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const Strength = Schema.Finite.check(Schema.isGreaterThan(0), Schema.isLessThanOrEqualTo(1))

export default defineStage({
  summary:
    "Edits an image: noise is added, and what is denoised from there keeps the more of it, the later it starts.",
  source:
    "Meng et al. 2022, SDEdit (arXiv:2108.01073), algorithm 2; start indices as in Berkeley CS180 project 5, strength as in diffusers",
  params: Schema.Struct({
    starts: Schema.optionalKey(
      Schema.Array(Start).check(Schema.isMinLength(1)).annotate({
        description:
          "From which of the timesteps to start, counted from 0, the noisiest; one edit for each."
      })
    ),
    strengths: Schema.optionalKey(
      Schema.Array(Strength).check(Schema.isMinLength(1)).annotate({
        description:
          "In place of starts: the share of the timesteps that are walked, 1 all of them."
      })
    ),
    perStart: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))
      .annotate({
        description: "How many edits from each start, with different noise.",
        unit: "images"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
    ...withoutFrames
  }),
  inputs: {
    images: port("Images[I,H,W,C] in R", { description: "What is edited: photographs, drawings." }),
    estimator: port("Estimator[H,W,C] in R", { description: "What it is to become." }),
    schedule: port("NoiseSchedule[T] towards noise", {
      description: "Absent: the one that the estimator's network was trained with.",
      optional: true
    })
  },
  outputs: {
    images: port("Images[N,H,W,C] in R", {
      description:
        "The edits: image by image, of each start by start, labelled by the timestep that it starts from."
    })
  },
  bind: ({ perStart, starts, strengths }, { dims: { I } }) =>
    I === undefined ? {} : { N: I * perStart * (starts ?? strengths ?? [0]).length },
  check: (params, known) => {
    const { starts, strengths } = params
    if ((starts === undefined) === (strengths === undefined)) {
      return [
        {
          path: [],
          message: "give either starts or strengths",
          hint: "such as `starts: [1, 3, 5, 7, 10, 20]`, or `strengths: [0.7]`"
        }
      ]
    }
    const stepping = steppingIssues(params, known)
    if (stepping.length > 0) return stepping
    return (starts ?? []).flatMap((start, index) =>
      steppingIssues({ ...params, start }, known).map(({ hint, message }) => ({
        path: ["starts", index],
        message,
        hint
      }))
    )
  },
  example: `edits:
  uses: edit/sdedit
  in: { images: drawing.image, estimator: guided.estimator }
  with: { timesteps: { kind: strided, from: 990, stride: 30 }, starts: [1, 3, 5, 7, 10, 20], seed: 180 }
`,
  run: ({ inputs: { estimator, images, schedule }, params, progress, signal }) =>
    withEstimator(estimator, async (prepared) => {
      const alphaBar = scheduleOf(prepared, schedule)
      const all = timestepsFor(params, alphaBar)
      const starts =
        params.starts ??
        (params.strengths ?? []).map((strength) => startIndex(all.length, strength))
      const [count, ...shape] = images.shape
      const each = params.perStart
      const edits: Array<Float32Array> = []
      for (const [index, start] of starts.entries()) {
        const plan = planFor(params, prepared, alphaBar, all.slice(start))
        const walked = await sampleEstimator(
          prepared,
          rangeOf(estimator),
          { ...params, frames: 2 },
          {
            plan,
            // The same noise for every start, so that only the start makes the difference.
            start: ({ items }) =>
              tf.tidy(() => {
                const noise = noiseBatch(params.seed, initialStream, items, prepared.shape)
                const clean = givenImages(images, each, items)
                return atLevel(clean, plan.steps[0]!.from.alphaBar, noise)
              })
          },
          Array.from({ length: count * each }, () => ""),
          {
            progress: (done, total) =>
              progress(index * total + done, starts.length * total, "steps"),
            signal
          }
        )
        edits.push(walked.images.data)
      }
      const labels = Array.from(
        { length: count },
        (_, image) => images.labels?.[image] ?? ""
      ).flatMap((own) =>
        starts.flatMap((start) =>
          Array.from({ length: each }, () =>
            [own, `from t=${all[start]}`].filter((part) => part !== "").join(" · ")
          )
        )
      )
      return {
        images: {
          type: "Images" as const,
          shape: [count * starts.length * each, ...shape] as const,
          range: images.range,
          data: filmStrips(edits, count),
          labels
        }
      }
    })
})
