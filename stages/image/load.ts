import { defineStage, port } from "#src/stage.ts"
import {
  Colour,
  Fit,
  Interpolation,
  PictureSize,
  Range,
  sidesOf
} from "#src/values/param-schemas.ts"
import { readPicture } from "#src/values/read-picture.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export default defineStage({
  summary:
    "Reads a picture: PNG, JPEG, WebP, AVIF, TIFF, GIF (its first frame) or SVG, upright and in sRGB.",
  source:
    "Pillow's `resize` (kernels and pixel centres; clamped, but not rounded to bytes); ITU-R BT.601 for grey",
  params: Schema.Struct({
    path: Schema.NonEmptyString.annotate({ description: "The picture file." }),
    size: PictureSize,
    fit: Fit,
    interpolation: Interpolation,
    channels: Schema.Literals(["rgb", "grey"])
      .annotate({ description: "Three channels, or one." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("rgb" as const))),
    range: Range,
    background: Colour.annotate({
      description: "Behind transparent pixels, and the border that fit: contain adds."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("#ffffff")))
  }),
  files: ["path"],
  inputs: {},
  outputs: { image: port("Image[H,W,C] in R", { description: "The picture." }) },
  bind: ({ channels, range, size }) => ({
    C: channels === "rgb" ? 3 : 1,
    R: range,
    ...(size === undefined ? {} : { H: sidesOf(size)[0], W: sidesOf(size)[1] })
  }),
  example: `photo:
  uses: image/load
  with: { path: photos/campanile.jpg, size: 64, fit: stretch }
`,
  run: async ({ files, log, params: { size, ...params } }) => ({
    image: await readPicture(
      files["path"]!,
      { ...params, ...(size === undefined ? {} : { size: sidesOf(size) }) },
      log
    )
  })
})
