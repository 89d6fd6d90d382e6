import { compute, toTensor } from "#src/engine/tensors.ts"
import { tf } from "#src/engine/tf.ts"
import { defineStage, port } from "#src/stage.ts"
import { batchSize, checkBatches, joinedFrame } from "#src/values/batches.ts"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Joins two images by a mask: m·a + (1 - m)·b, so a where the mask is 1 and b where it is 0.",
  params: Schema.Struct({}),
  inputs: {
    mask: port("Mask[H,W]", { description: "The weights of a." }),
    a: port("Images[N,H,W,C] in R", { description: "Shown where the mask is 1." }),
    b: port("Images[M,H,W,C] in R", {
      description: "Shown where it is 0: as many, or one for all."
    })
  },
  outputs: { images: port("Images[K,H,W,C] in R", { description: "The joined images." }) },
  bind: (_, { dims: { M, N } }) => batchSize(N, M),
  check: (_, { dims: { M, N } }) => checkBatches(N, M),
  example: `joined:
  uses: mask/apply
  in: { mask: hole.mask, a: drawing.image, b: photo.image }
`,
  run: ({ inputs: { a, b, mask } }) => {
    const frame = joinedFrame(a, b)
    const joined = compute(() => {
      const weights = tf.tensor4d(mask.data, [1, ...mask.shape, 1])
      return tf.add(tf.mul(weights, toTensor(a)), tf.mul(tf.sub(1, weights), toTensor(b)))
    })
    return { images: { ...frame, data: joined } }
  }
})
