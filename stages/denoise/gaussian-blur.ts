/** Classical denoising: a Gaussian blur. */
import * as Schema from "effect/Schema"
import {
  assertKernelFits,
  BlurSigma,
  kernelIssues,
  KernelSize
} from "#src/diffusion/blur-params.ts"
import { defaultSigma, gaussianBlur } from "#src/diffusion/gaussian-blur.ts"
import { compute, imageAt, imageByImage, toTensor } from "#src/engine/tensors.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary: "Blurs images with a Gaussian.",
  source: "torchvision `gaussian_blur`: odd kernel, borders mirrored, weights with sum 1",
  params: Schema.Struct({
    kernel: KernelSize.annotate({
      description: "Width and height of the kernel, odd.",
      unit: "pixels"
    }),
    sigma: Schema.optionalKey(
      BlurSigma.annotate({
        description:
          "Deviation of the Gaussian; left out, torchvision's 0.3 ((kernel - 1) / 2 - 1) + 0.8.",
        unit: "pixels"
      })
    )
  }),
  inputs: { images: port("Images[N,H,W,C] in R", { description: "One image or several." }) },
  outputs: { images: port("Images[N,H,W,C] in R", { description: "The same, blurred." }) },
  check: ({ kernel }, { dims }) => kernelIssues(kernel, dims["H"], dims["W"]),
  example: `blurred:
  uses: denoise/gaussian-blur
  in: { images: noisy.noisy }
  with: { kernel: 5, sigma: 2 }
`,
  run: async ({ inputs: { images }, params: { kernel, sigma }, progress, signal }) => {
    assertKernelFits(kernel, images.shape[1], images.shape[2])
    const data = new Float32Array(images.data.length)
    await imageByImage(images.shape[0], { progress, signal }, (index) => {
      const blurred = compute(() =>
        gaussianBlur(toTensor(imageAt(images, index)), kernel, sigma ?? defaultSigma(kernel))
      )
      data.set(blurred, index * blurred.length)
    })
    return { images: { ...images, data } }
  }
})
