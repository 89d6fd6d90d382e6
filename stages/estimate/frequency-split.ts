/** Hybrid images: one thing from afar, another from near by. */
import { BlurSigma, kernelIssues, KernelSize } from "#src/diffusion/blur-params.ts"
import { joined } from "#src/diffusion/estimators/build.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "The low frequencies of one estimate and the high ones of another: hybrid images, which change with the distance.",
  source:
    "Geng, Park & Owens 2024, Factorized Diffusion (arXiv:2404.11615), section 4.1; blur as torchvision's",
  params: Schema.Struct({
    kernel: KernelSize.annotate({
      description: "Width and height of the blur's kernel, odd; 33 for images of 64 pixels.",
      unit: "pixels"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(33))),
    sigma: BlurSigma.annotate({
      description: "Deviation of the blur; 2 for images of 64 pixels.",
      unit: "pixels"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(2)))
  }),
  inputs: {
    low: port("Estimator[H,W,C] in R of P", { description: "What is to be seen from afar." }),
    high: port("Estimator[H,W,C] in R of P", { description: "What is to be seen from near by." })
  },
  outputs: {
    estimator: port("Estimator[H,W,C] in R of P", {
      description: "low(first) + (second - low(second)); of learned variances the mean."
    })
  },
  check: ({ kernel }, { dims: { H, W } }) => kernelIssues(kernel, H, W),
  example: `hybrid:
  uses: estimate/frequency-split
  in: { low: skull.estimator, high: waterfalls.estimator }
  with: { kernel: 33, sigma: 2 }
`,
  run: ({ inputs: { high, low }, params: { kernel, sigma } }) => ({
    estimator: joined([low, high], (of) => ({
      kind: "components",
      decomposition: { kind: "frequency-split", kernel, sigma },
      of
    }))
  })
})
