import { compute, toTensor } from "#src/engine/tensors.ts"
import { tf } from "#src/engine/tf.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Turns images clockwise by a quarter, a half or three quarters of a turn; no pixel changes its value.",
  params: Schema.Struct({
    degrees: Schema.Literals([90, 180, 270]).annotate({
      description: "How far, clockwise.",
      unit: "degrees"
    })
  }),
  inputs: { images: port("Images[N,H,W,C] in R", { description: "One or several images." }) },
  outputs: { images: port("Images[N,H2,W2,C] in R", { description: "The turned images." }) },
  bind: ({ degrees }, { dims: { H, W } }) => {
    const [height, width] = degrees === 180 ? [H, W] : [W, H]
    return {
      ...(height === undefined ? {} : { H2: height }),
      ...(width === undefined ? {} : { W2: width })
    }
  },
  example: `on-its-side:
  uses: image/rotate
  in: { images: photo.image }
  with: { degrees: 90 }
`,
  run: ({ inputs: { images }, params: { degrees } }) => {
    const [count, height, width, channels] = images.shape
    const turned = compute(() => {
      const input = toTensor(images)
      if (degrees === 180) return tf.reverse(input, [1, 2])
      // A quarter turn clockwise is the transposed image with its columns reversed.
      return tf.reverse(tf.transpose(input, [0, 2, 1, 3]), degrees === 90 ? 2 : 1)
    })
    return {
      images: {
        ...images,
        shape: degrees === 180 ? images.shape : ([count, width, height, channels] as const),
        data: turned
      }
    }
  }
})
