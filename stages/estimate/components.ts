/** Factorised diffusion with any decomposition. */
import { kernelIssues } from "#src/diffusion/blur-params.ts"
import { joined } from "#src/diffusion/estimators/build.ts"
import { inOrderOf } from "#src/diffusion/estimators/by-name.ts"
import {
  componentsOf,
  DecompositionParams
} from "#src/diffusion/estimators/decompositions/decomposition-params.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Of each of several estimates one component of an image; the components sum to the whole.",
  source: "Geng, Park & Owens 2024, Factorized Diffusion (arXiv:2404.11615), equation 5",
  params: Schema.Struct({ decomposition: DecompositionParams }),
  inputs: {
    estimators: port("Estimator[H,W,C] in R of P", {
      description: "One for each component: a list in their order, or a map by their names.",
      many: true
    })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of P", {
      description: "The sum of the components; of learned variances the mean."
    })
  },
  check: ({ decomposition }, { connected, dims: { H, W } }) => {
    const names = componentsOf[decomposition.kind]
    return [
      ...(connected["estimators"] === names.length
        ? []
        : [
            {
              path: ["decomposition"],
              message: `${decomposition.kind} has ${names.length} components (${names.join(", ")}), and ${connected["estimators"]} estimators are connected`,
              hint: "connect one for each, in this order"
            }
          ]),
      ...("kernel" in decomposition
        ? kernelIssues(decomposition.kernel, H, W).map(({ hint, message }) => ({
            path: ["decomposition", "kernel"],
            message,
            hint
          }))
        : [])
    ]
  },
  example: `hybrid:
  uses: estimate/components
  in: { estimators: [afar.estimator, between.estimator, near.estimator] }
  with: { decomposition: { kind: three-bands, kernel: 25, sigmas: [1, 2] } }
`,
  run: ({ inputs: { estimators }, params: { decomposition } }) => ({
    estimator: joined(inOrderOf(componentsOf[decomposition.kind], estimators), (of) => ({
      kind: "components",
      decomposition,
      of
    }))
  })
})
