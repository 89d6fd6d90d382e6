import { compute, toTensor } from "#src/engine/tensors.ts"
import { tf } from "#src/engine/tf.ts"
import { defineStage, port } from "#src/stage.ts"
import { batchSize, checkBatches, joinedFrame } from "#src/values/batches.ts"
import { limitsOf } from "#src/values/quantise.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "How images differ: a - b, pixel by pixel, as numbers or as a picture.",
  params: Schema.Struct({
    absolute: Schema.Boolean.annotate({ description: "|a - b| in place of a - b." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(false))
    ),
    view: Schema.Boolean.annotate({
      description:
        "Moved into the pixel range to be looked at: no difference is mid-grey, or black when absolute, and the largest possible difference is black or white."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
    gain: Schema.Finite.check(Schema.isGreaterThan(0))
      .annotate({ description: "The difference is multiplied by this." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1)))
  }),
  inputs: {
    a: port("Images[N,H,W,C] in R", { description: "One or several images." }),
    b: port("Images[M,H,W,C] in R", { description: "As many, or one for all of them." })
  },
  outputs: { images: port("Images[K,H,W,C] in R", { description: "The differences." }) },
  bind: (_, { dims: { M, N } }) => batchSize(N, M),
  check: (_, { dims: { M, N } }) => checkBatches(N, M),
  example: `error:
  uses: image/difference
  in: { a: blurred.images, b: photo.image }
  with: { absolute: true, view: true, gain: 4 }
`,
  run: ({ inputs: { a, b }, params: { absolute, gain, view } }) => {
    const [low, high] = limitsOf(a.range)
    const frame = joinedFrame(a, b)
    const difference = compute(() => {
      const signed = tf.sub(toTensor(a), toTensor(b))
      const scaled = tf.mul(absolute ? tf.abs(signed) : signed, gain)
      if (!view) return scaled
      return absolute ? tf.add(scaled, low) : tf.add(tf.mul(scaled, 0.5), (low + high) / 2)
    })
    return { images: { ...frame, data: difference } }
  }
})
