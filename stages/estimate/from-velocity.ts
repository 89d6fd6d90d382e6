/** A flow model where a diffusion model is expected. */
import { joined } from "#src/diffusion/estimators/build.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "A velocity of flow matching as an estimate of the noise or of the clean image.",
  source:
    "Lipman et al. 2023 (arXiv:2210.02747): u = x₁ - x₀ along a straight path; at the time of the same signal-to-noise ratio (Kingma et al. 2021, arXiv:2107.00630, section 5.1)",
  params: Schema.Struct({
    to: Schema.Literals(["epsilon", "sample"]).annotate({
      description: "epsilon: the noise; sample: the clean image."
    })
  }),
  inputs: {
    estimator: port("Estimator[H,W,C] in R of velocity", { description: "By a flow model." })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of P", { description: "The same in other terms." })
  },
  bind: ({ to }) => ({ P: to }),
  example: `noise:
  uses: estimate/from-velocity
  in: { estimator: flow.estimator }
  with: { to: epsilon }
`,
  run: ({ inputs: { estimator }, params: { to } }) => ({
    estimator: joined([estimator], ([of]) => ({ kind: "converted", to, of: of! }))
  })
})
