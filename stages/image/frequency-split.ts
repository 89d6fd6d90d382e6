/** Images as a blurred part and the rest, the parts of hybrid images. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  assertKernelFits,
  BlurSigma,
  kernelIssues,
  KernelSize
} from "#src/diffusion/blur-params.ts"
import { frequencySplit } from "#src/diffusion/frequency-split.ts"
import { computeAll, imageAt, imageByImage, toTensor } from "#src/engine/tensors.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary: "Splits images into low and high frequencies, whose sum is the image.",
  source: "Geng, Park & Owens 2024 (arXiv:2404.11615); the blur is torchvision's",
  params: Schema.Struct({
    kernel: KernelSize.annotate({
      description: "Width and height of the blur's kernel, odd; 33 suits images of 64 pixels.",
      unit: "pixels"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(33))),
    sigma: BlurSigma.annotate({
      description: "Deviation of the blur's Gaussian.",
      unit: "pixels"
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(2)))
  }),
  inputs: { images: port("Images[N,H,W,C] in R", { description: "One image or several." }) },
  outputs: {
    low: port("Images[N,H,W,C] in R", { description: "The blurred images." }),
    high: port("Images[N,H,W,C] in R", {
      description: "The images less the blurred ones: around 0, whatever the range."
    })
  },
  check: ({ kernel }, { dims }) => kernelIssues(kernel, dims["H"], dims["W"]),
  example: `bands:
  uses: image/frequency-split
  in: { images: photo.image }
  with: { kernel: 33, sigma: 2 }
`,
  run: async ({ inputs: { images }, params: { kernel, sigma }, progress, signal }) => {
    assertKernelFits(kernel, images.shape[1], images.shape[2])
    const low = new Float32Array(images.data.length)
    const high = new Float32Array(images.data.length)
    await imageByImage(images.shape[0], { progress, signal }, (index) => {
      const image = imageAt(images, index)
      const start = index * image.data.length
      const [blurred, rest] = computeAll(() => {
        const parts = frequencySplit(toTensor(image), kernel, sigma)
        return [parts.low, parts.high]
      })
      low.set(blurred!, start)
      high.set(rest!, start)
    })
    return { low: { ...images, data: low }, high: { ...images, data: high } }
  }
})
