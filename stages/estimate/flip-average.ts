/** The visual anagram of two readings. */
import { joined } from "#src/diffusion/estimators/build.ts"
import { viewProblem } from "#src/diffusion/estimators/views/make-view.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Averages two estimates, one of the image as it is and one of the image turned over: an anagram with two readings.",
  source: "Geng, Park & Owens 2024, Visual Anagrams (arXiv:2311.17919), equation 4, with two views",
  params: Schema.Struct({
    view: Schema.Literals([
      "flip-vertical",
      "flip-horizontal",
      "rotate-90",
      "rotate-180",
      "rotate-270",
      "negative"
    ])
      .annotate({
        description:
          "How the second one is seen. flip-vertical reverses the rows, as in Berkeley CS180 up to 2025; rotate-180 turns the image round, as in the edition of 2026."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("flip-vertical" as const)))
  }),
  inputs: {
    upright: port("Estimator[H,W,C] in R of P", { description: "What is to be seen as it is." }),
    flipped: port("Estimator[H,W,C] in R of P", {
      description: "What is to be seen in the other view."
    })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of P", {
      description: "The average, the second estimate turned back; learned variances likewise."
    })
  },
  check: ({ view }, { dims: { H, W } }) => {
    const message = viewProblem(view, H, W)
    return message === undefined ? [] : [{ path: ["view"], message }]
  },
  example: `anagram:
  uses: estimate/flip-average
  in: { upright: six.estimator, flipped: nine.estimator }
  with: { view: rotate-180 }
`,
  run: ({ inputs: { flipped, upright }, params: { view } }) => ({
    estimator: joined([upright, flipped], ([first, second]) => ({
      kind: "average",
      weights: [0.5, 0.5],
      of: [first!, { kind: "viewed", view, of: second! }]
    }))
  })
})
