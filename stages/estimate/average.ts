/** Composition by averaging. */
import { joined } from "#src/diffusion/estimators/build.ts"
import { weightsFor, weightsIssues, WeightsParam } from "#src/diffusion/estimators/weights.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "The weighted mean of several estimates: images that are a little of each.",
  source:
    "Liu et al. 2022, Compositional Visual Generation (arXiv:2206.01714), section 4.1, with weights of sum 1",
  params: Schema.Struct({ weights: WeightsParam }),
  inputs: {
    estimators: port("Estimator[H,W,C] in R of P", { description: "What is averaged.", many: true })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of P", {
      description: "The mean; of learned variances likewise."
    })
  },
  check: ({ weights }, { connected }) => weightsIssues(weights, connected["estimators"] ?? 0),
  example: `both:
  uses: estimate/average
  in: { estimators: [three.estimator, eight.estimator] }
  with: { weights: [2, 1] }
`,
  run: ({ inputs: { estimators }, params: { weights } }) => ({
    estimator: joined(
      estimators.map(({ value }) => value),
      (of) => ({ kind: "average", weights: weightsFor(weights, of.length), of })
    )
  })
})
