import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readImageFolder } from "#src/data/image-folder.ts"
import { defineStage, port } from "#src/stage.ts"
import {
  Colour,
  DatasetRange,
  Fit,
  Interpolation,
  sidesOf,
  Size
} from "#src/values/param-schemas.ts"

export default defineStage({
  summary: "A folder of pictures; its sub-folders, where there are any, are the classes.",
  params: Schema.Struct({
    path: Schema.NonEmptyString.annotate({
      description:
        "The folder. Pictures are ordered by their names as people count, `9.png` before `10.png`."
    }),
    size: Size,
    fit: Fit,
    interpolation: Interpolation,
    channels: Schema.Literals(["rgb", "grey"])
      .annotate({ description: "Three channels, or one." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("rgb" as const))),
    range: DatasetRange,
    background: Colour.annotate({
      description: "Behind transparent pixels, and the border that fit: contain adds."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("#ffffff")))
  }),
  folders: ["path"],
  inputs: {},
  outputs: {
    dataset: port("Dataset[N,H,W,C,K] in R", {
      description: "The pictures with 8 bits a channel, class by class."
    })
  },
  bind: ({ channels, range, size }) => {
    const [H, W] = sidesOf(size)
    return { H, W, C: channels === "rgb" ? 3 : 1, R: range }
  },
  example: `pictures:
  uses: dataset/image-folder
  with: { path: pictures, size: 32, channels: grey }
`,
  run: async ({ folders, log, params: { range, size, ...params }, progress, signal }) => {
    const folder = folders["path"]!
    return {
      dataset: await readImageFolder({
        shown: folder.path,
        files: await folder.list(),
        range,
        picture: { ...params, size: sidesOf(size) },
        progress,
        log,
        signal
      })
    }
  }
})
