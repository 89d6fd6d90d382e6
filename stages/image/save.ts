import { defineStage, port } from "#src/stage.ts"
import { fileNameProblem } from "#src/values/file-name.ts"
import { encodePicture, type PictureFormat, pictureFormats } from "#src/values/picture-file.ts"
import { encodeTensorFile, tensorFileName } from "#src/values/tensor-file.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const formats = [...Object.keys(pictureFormats), "safetensors"]

/** The ending of a name, in lower case. */
const endingOf = (name: string) => /\.(\w+)$/.exec(name)?.[1]?.toLowerCase() ?? ""

export default defineStage({
  summary:
    "Makes a file of images, laid out under results/: a picture of 8 bits a channel, clamped to the pixel range, or safetensors with every number; several images stand in a row.",
  params: Schema.Struct({
    name: Schema.NonEmptyString.annotate({
      description: `Relative path of the file; its ending, one of ${formats.join(", ")}, is the format. JPEG has quality 95, WebP is lossless.`
    }),
    scale: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))
      .annotate({
        description: "Each pixel becomes a square of this many pixels a side; pictures only."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1)))
  }),
  inputs: {
    images: port("Images[N,H,W,C] in R", { description: "One or several images." })
  },
  outputs: { file: port("File", { description: "The file." }) },
  check: ({ name, scale }, { dims: { C } }) => {
    const problem = fileNameProblem(name)
    const ending = endingOf(name)
    return [
      ...(problem === undefined
        ? []
        : [
            {
              path: ["name"],
              message: `the file name ${JSON.stringify(name)} ${problem}`,
              hint: "name a file below the results folder, such as grids/noisy.png"
            }
          ]),
      ...(formats.includes(ending)
        ? []
        : [
            {
              path: ["name"],
              message: `${JSON.stringify(name)} does not end in one of ${formats.join(", ")}`
            }
          ]),
      ...(ending === "safetensors" && scale !== 1
        ? [{ path: ["scale"], message: "only pictures are enlarged, not safetensors" }]
        : []),
      ...(ending !== "safetensors" && C !== undefined && C > 4
        ? [
            {
              path: [],
              message: `images of ${C} channels cannot be shown as a picture`,
              hint: "save them as safetensors"
            }
          ]
        : [])
    ]
  },
  example: `result:
  uses: image/save
  in: { images: sheet.image }
  with: { name: noisy.png }
`,
  run: async ({ inputs: { images }, params: { name, scale } }) => {
    const ending = endingOf(name)
    const meta = { shape: [...images.shape], range: images.range }
    if (ending === "safetensors") {
      const bytes = encodeTensorFile(images.data, images.shape)[tensorFileName]
      return { file: { type: "File", name, mediaType: "application/octet-stream", bytes, meta } }
    }
    const format = ending as PictureFormat
    const bytes = await encodePicture(images, format, { scale })
    return { file: { type: "File", name, mediaType: pictureFormats[format], bytes, meta } }
  }
})
