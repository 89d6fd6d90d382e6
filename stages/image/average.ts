import { compute, toTensor } from "#src/engine/tensors.ts"
import { tf } from "#src/engine/tf.ts"
import { UserError } from "#src/base/user-error.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "The weighted mean of several images, pixel by pixel.",
  params: Schema.Struct({
    weights: Schema.optionalKey(
      Schema.Array(Schema.Finite).check(Schema.isMinLength(1)).annotate({
        description:
          "One number an input, in their order; they are divided by their sum. Equal when absent."
      })
    )
  }),
  inputs: {
    images: port("Images[N,H,W,C] in R", { description: "The images to average.", many: true })
  },
  outputs: { images: port("Images[N,H,W,C] in R", { description: "Their mean." }) },
  check: ({ weights }) =>
    weights !== undefined && sum(weights) === 0
      ? [{ path: ["weights"], message: "the weights sum to 0, so there is no mean" }]
      : [],
  example: `both:
  uses: image/average
  in: { images: [photo.image, drawing.image] }
  with: { weights: [3, 1] }
`,
  run: ({ inputs: { images }, params }) => {
    const weights = params.weights ?? images.map(() => 1)
    const [first] = images
    if (first === undefined || weights.length !== images.length) {
      throw new UserError(`there are ${weights.length} weights for ${images.length} inputs`, {
        exitCode: 1,
        hint: "give one weight an input, or none for equal weights"
      })
    }
    const total = sum(weights)
    const mean = compute(() =>
      tf.addN(images.map(({ value }, index) => tf.mul(toTensor(value), weights[index]! / total)))
    )
    return { images: { ...first.value, data: mean } }
  }
})

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, n) => total + n, 0)
