/** A diffusion model where a flow model is expected. */
import { UserError } from "#src/base/user-error.ts"
import { joined } from "#src/diffusion/estimators/build.ts"
import { predictionOf } from "#src/values/estimator-tree.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "An estimate of the noise or of the clean image as a velocity of flow matching.",
  source:
    "Lipman et al. 2023 (arXiv:2210.02747): u = x₁ - x₀ along a straight path; at the timestep of the same signal-to-noise ratio (Kingma et al. 2021, arXiv:2107.00630, section 5.1)",
  params: Schema.Struct({}),
  inputs: {
    estimator: port("Estimator[H,W,C] in R of P", { description: "Of noise or clean images." })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of velocity", { description: "The same as a velocity." })
  },
  example: `velocity:
  uses: estimate/to-velocity
  in: { estimator: guided.estimator }
`,
  run: ({ inputs: { estimator } }) => {
    if (predictionOf(estimator) === "velocity") {
      throw new UserError("the estimator is of a velocity already", {
        hint: "leave this stage out"
      })
    }
    return {
      estimator: joined([estimator], ([of]) => ({ kind: "converted", to: "velocity", of: of! }))
    }
  }
})
