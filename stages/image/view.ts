/** Images through a view, for anagrams. */
import { makeView, viewProblem } from "#src/diffusion/estimators/views/make-view.ts"
import { ViewParams } from "#src/diffusion/estimators/views/view-params.ts"
import { see } from "#src/diffusion/estimators/views/view.ts"
import { compute, toTensor } from "#src/engine/tensors.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Shows images through an orthogonal view, such as the ones that estimate/view-average takes.",
  source: "Geng, Park & Owens 2024, Visual Anagrams (arXiv:2311.17919), section 3.3",
  params: Schema.Struct({ view: ViewParams }),
  inputs: { images: port("Images[N,H,W,C] in R", { description: "One or several images." }) },
  outputs: { images: port("Images[N,H,W,C] in R", { description: "What is seen." }) },
  check: ({ view }, { dims: { H, W } }) => {
    const message = viewProblem(view, H, W)
    return message === undefined ? [] : [{ path: ["view"], message }]
  },
  example: `turned:
  uses: image/view
  in: { images: samples.images }
  with: { view: rotate-180 }
`,
  run: ({ inputs: { images }, params: { view } }) => {
    const [, height, width] = images.shape
    const made = makeView(view, height, width)
    return { images: { ...images, data: compute(() => see(toTensor(images), made)) } }
  }
})
