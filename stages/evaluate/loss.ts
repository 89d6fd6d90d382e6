/** The loss of checkpoints on images that they were not trained with. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "#src/base/user-error.ts"
import { defineStage, port } from "#src/stage.ts"
import { classesProblem } from "#src/training/check-data.ts"
import { evaluateLoss } from "#src/training/evaluate-loss.ts"
import { issuesBelow } from "#src/training/issue.ts"
import { classify } from "#src/training/objectives/classify.ts"
import { ddpm } from "#src/training/objectives/ddpm.ts"
import {
  denoiseIssues,
  denoiseParams,
  denoiseSettings
} from "#src/training/objectives/denoise-params.ts"
import { denoise } from "#src/training/objectives/denoise.ts"
import { flowMatching } from "#src/training/objectives/flow-matching.ts"
import type { Objective } from "#src/training/objectives/objective.ts"
import type { Model } from "#src/values/values.ts"

const ObjectiveParam = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("denoise"), ...denoiseParams }),
  Schema.Struct({ kind: Schema.Literal("flow-matching") }),
  Schema.Struct({ kind: Schema.Literal("ddpm") }),
  Schema.Struct({ kind: Schema.Literal("classify") })
])
type ObjectiveParam = typeof ObjectiveParam.Type

/** What a network predicts that was trained for an objective. */
const predictions = {
  denoise: "sample",
  "flow-matching": "velocity",
  ddpm: "epsilon",
  classify: "logits"
} as const

const objectiveOf = (model: Model, param: ObjectiveParam): Objective => {
  if (param.kind === "denoise") return denoise(model, denoiseSettings(param))
  // Classes are not dropped and images not moved when evaluating.
  if (param.kind === "classify") return classify(model, { shift: 0 })
  if (param.kind === "flow-matching") return flowMatching(model, { unconditional: 0 })
  const { schedule } = model
  if (schedule !== undefined) return ddpm(model, { schedule, unconditional: 0 })
  throw new UserError("the model does not say with which noise schedule it was trained", {
    hint: "connect a model that train/ddpm has trained"
  })
}

export default defineStage({
  summary: "The loss of one or several checkpoints on given images.",
  source:
    "The loss of the training stages (`train/denoise` and so on), in evaluation mode: running statistics in batch norms, no class dropped. An image's noise and time are the same for every checkpoint",
  params: Schema.Struct({
    objective: ObjectiveParam.annotate({
      description:
        "Which loss, by its `kind`: denoise (with `from` and `sigma` as in train/denoise), flow-matching, ddpm (with the model's own schedule) or classify."
    }),
    seed: Schema.Int.annotate({
      description: "Of the noise and the times, which depend on nothing else but an image's place."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    batchSize: Schema.Int.check(
      Schema.isGreaterThanOrEqualTo(1, { message: "expected a whole number of 1 or more" })
    )
      .annotate({ description: "How many images are computed at once.", unit: "images" })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(200)))
  }),
  inputs: {
    model: port("Models[M,H,W,C,K] in R of P", { description: "One checkpoint or several." }),
    dataset: port("Dataset[N,H,W,C,L] in R", { description: "The images." })
  },
  outputs: {
    metrics: port("Metrics", {
      description:
        "A row a checkpoint (checkpoint, loss, and the accuracy of classifiers), and those of the last one as scalars."
    })
  },
  check: ({ objective }, { attributes: { P }, dims: { K, L } }) => {
    const classes = K === undefined || L === undefined ? undefined : classesProblem(K, L)
    const wanted = predictions[objective.kind]
    return [
      ...(objective.kind === "denoise" ? issuesBelow("objective", denoiseIssues(objective)) : []),
      ...(P === undefined || P === wanted
        ? []
        : [
            {
              path: ["objective", "kind"],
              message: `the model predicts ${P}, and ${objective.kind} is about ${wanted}`,
              hint: "name the objective that the model was trained for"
            }
          ]),
      ...(classes === undefined ? [] : [{ path: [], ...classes }])
    ]
  },
  example: `loss:
  uses: evaluate/loss
  in: { model: train.checkpoints, dataset: digits.test }
  with: { objective: { kind: flow-matching }, seed: 180 }
`,
  run: async ({
    inputs: {
      dataset,
      model: { models }
    },
    params,
    progress,
    signal
  }) => {
    const { batchSize, objective, seed } = params
    const [images] = dataset.shape
    const series: Array<Record<string, number | string>> = []
    let scalars: Record<string, number> = {}
    for (const [index, { label, model }] of models.entries()) {
      const before = index * images
      const evaluated = await evaluateLoss({
        objective: objectiveOf(model, objective),
        model,
        dataset,
        seed,
        batchSize,
        context: {
          signal,
          progress: (done) => progress(before + done, models.length * images, "images")
        }
      })
      scalars = { ...evaluated }
      series.push({ checkpoint: label, ...scalars })
    }
    return { metrics: { type: "Metrics", scalars, series } }
  }
})
