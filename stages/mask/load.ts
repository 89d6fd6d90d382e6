import { compute } from "#src/engine/tensors.ts"
import { tf } from "#src/engine/tf.ts"
import { defineStage, port } from "#src/stage.ts"
import { Fit, Interpolation, PictureSize, sidesOf, Weight } from "#src/values/param-schemas.ts"
import { readPicture } from "#src/values/read-picture.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary: "A mask from a picture: white is 1, black and transparent are 0, greys lie between.",
  source: "ITU-R BT.601 for grey",
  params: Schema.Struct({
    path: Schema.NonEmptyString.annotate({ description: "The picture file." }),
    size: PictureSize,
    fit: Fit,
    interpolation: Interpolation,
    threshold: Schema.optionalKey(
      Weight.annotate({
        description:
          "Weights from here on become 1, those below 0; applied after resizing. Absent: weights stay."
      })
    ),
    invert: Schema.Boolean.annotate({ description: "Black is 1 and white 0." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(false))
    )
  }),
  files: ["path"],
  inputs: {},
  outputs: { mask: port("Mask[H,W]", { description: "1 where new content goes." }) },
  bind: ({ size }) => (size === undefined ? {} : { H: sidesOf(size)[0], W: sidesOf(size)[1] }),
  example: `hole:
  uses: mask/load
  with: { path: photos/campanile-mask.png, size: 64, threshold: 0.5 }
`,
  run: async ({ files, log, params: { fit, interpolation, invert, size, threshold } }) => {
    const image = await readPicture(
      files["path"]!,
      {
        fit,
        interpolation,
        channels: "grey",
        range: "[0,1]",
        background: "#000000",
        ...(size === undefined ? {} : { size: sidesOf(size) })
      },
      log
    )
    const [height, width] = image.shape
    const data = compute(() => {
      const weights = tf.tensor1d(image.data)
      const decided =
        threshold === undefined
          ? weights
          : tf.where(
              tf.greaterEqual(weights, threshold),
              tf.onesLike(weights),
              tf.zerosLike(weights)
            )
      return invert ? tf.sub(1, decided) : decided
    })
    return { mask: { type: "Mask", shape: [height, width], data } }
  }
})
