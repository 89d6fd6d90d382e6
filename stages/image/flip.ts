import { compute, toTensor } from "#src/engine/tensors.ts"
import { tf } from "#src/engine/tf.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "Mirrors images: upside down, or left to right.",
  params: Schema.Struct({
    direction: Schema.Literals(["vertical", "horizontal"]).annotate({
      description: "vertical reverses the rows (upside down), horizontal the columns."
    })
  }),
  inputs: { images: port("Images[N,H,W,C] in R", { description: "One or several images." }) },
  outputs: { images: port("Images[N,H,W,C] in R", { description: "The mirrored images." }) },
  example: `upside-down:
  uses: image/flip
  in: { images: photo.image }
  with: { direction: vertical }
`,
  run: ({ inputs: { images }, params: { direction } }) => ({
    images: {
      ...images,
      data: compute(() => tf.reverse(toTensor(images), direction === "vertical" ? 1 : 2))
    }
  })
})
