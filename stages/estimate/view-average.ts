/** Visual anagrams: one image, several views, each with its own estimate. */
import { joined } from "#src/diffusion/estimators/build.ts"
import { inOrderOf } from "#src/diffusion/estimators/by-name.ts"
import { viewProblem } from "#src/diffusion/estimators/views/make-view.ts"
import { ViewParams } from "#src/diffusion/estimators/views/view-params.ts"
import { weightsFor, weightsIssues, WeightsParam } from "#src/diffusion/estimators/weights.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Averages estimates of one image seen through several orthogonal views, each by its own estimator: visual anagrams.",
  source: "Geng, Park & Owens 2024, Visual Anagrams (arXiv:2311.17919), equation 4",
  params: Schema.Struct({
    views: Schema.Array(ViewParams)
      .check(Schema.isMinLength(1, { message: "expected at least one view" }))
      .annotate({
        description: "One for each estimator, in their order; `identity` is the image as it is."
      }),
    weights: WeightsParam
  }),
  inputs: {
    estimators: port("Estimator[H,W,C] in R of P", {
      description:
        "One for each view, what is to be seen there: a list in their order, or a map by the views' names.",
      many: true
    })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of P", {
      description:
        "The average, each estimate turned back; learned variances are averaged likewise."
    })
  },
  check: ({ views, weights }, { connected, dims: { H, W } }) => [
    ...(connected["estimators"] === views.length
      ? []
      : [
          {
            path: ["views"],
            message: `${views.length} views are not for ${connected["estimators"]} estimators`,
            hint: "give one view for each estimator; `identity` is the image as it is"
          }
        ]),
    ...views.flatMap((view, index) => {
      const message = viewProblem(view, H, W)
      return message === undefined ? [] : [{ path: ["views", index], message }]
    }),
    ...weightsIssues(weights, views.length)
  ],
  example: `anagram:
  uses: estimate/view-average
  in: { estimators: [six.estimator, nine.estimator] }
  with: { views: [identity, rotate-180] }
`,
  run: ({ inputs: { estimators }, params: { views, weights } }) => {
    const names = views.map((view) => (typeof view === "string" ? view : view.kind))
    const parts = inOrderOf(names, estimators)
    return {
      estimator: joined(parts, (trees) => ({
        kind: "average",
        weights: weightsFor(weights, trees.length),
        of: trees.map((of, index) => {
          const view = views[index]!
          return view === "identity" ? of : { kind: "viewed", view, of }
        })
      }))
    }
  }
})
