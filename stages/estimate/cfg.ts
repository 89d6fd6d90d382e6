/** Classifier-free guidance. */
import { joined } from "#src/diffusion/estimators/build.ts"
import { gammaOf } from "#src/diffusion/guidance.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Classifier-free guidance: away from an estimate without the condition, towards one with it.",
  source: "Ho & Salimans 2022 (arXiv:2207.12598), equation 6, in either of its two conventions",
  params: Schema.Struct({
    scale: Schema.Finite.annotate({
      description: "How strong: γ or w, as the convention says. 7 is usual for DeepFloyd IF (γ)."
    }),
    convention: Schema.Literals(["gamma", "w"]).annotate({
      description:
        "gamma: u + γ (c - u), unconditional at 0 and conditional at 1. w: c + w (c - u), conditional at 0; γ = 1 + w."
    })
  }),
  inputs: {
    conditional: port("Estimator[H,W,C] in R of P", { description: "c: told the prompt." }),
    unconditional: port("Estimator[H,W,C] in R of P", {
      description: "u: told nothing, or the empty prompt."
    })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of P", {
      description: "The guided estimate; where a variance was learned, that of the conditional one."
    })
  },
  example: `guided:
  uses: estimate/cfg
  in: { conditional: six.estimator, unconditional: none.estimator }
  with: { scale: 5, convention: gamma }
`,
  run: ({ inputs: { conditional, unconditional }, params }) => ({
    estimator: joined([unconditional, conditional], ([u, c]) => ({
      kind: "guided",
      unconditional: u!,
      conditional: c!,
      gamma: gammaOf(params)
    }))
  })
})
