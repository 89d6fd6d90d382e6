/** Parameters of the stages that make networks. Only stages import this file. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const whole = (least: number, most: number) =>
  Schema.Int.check(Schema.isBetween({ minimum: least, maximum: most }))

export const Channels = whole(1, 4096)

export const ImageSize = whole(4, 1024)
  .annotate({ description: "Height and width of the images.", unit: "pixels" })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed(28)))

export const ImageChannels = whole(1, 1024)
  .annotate({ description: "1 for grey images, 3 for colour." })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1)))

export const Time = Schema.Literals(["none", "multiply", "add"])
  .annotate({
    description:
      "How the features meet the time's embedding: not at all, as a factor, or as a summand. A class is a factor always."
  })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed("none" as const)))

export const Classes = whole(0, 100_000)

/** Of digits: not the range of other stages' pictures. */
export const ModelRange = Schema.Literals(["[0,1]", "[-1,1]"])
  .annotate({ description: "The pixel range of the images that it takes." })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed("[0,1]" as const)))

export const WeightSeed = Schema.Int.annotate({
  description: "Of the initial weights: equal seeds give equal ones."
}).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))

/** What is wrong with the images' size for a U-Net, which halves them twice. */
export const imageSizeIssues = (imageSize: number) => {
  if (imageSize % 4 === 0) return []
  const lower = imageSize - (imageSize % 4)
  return [
    {
      path: ["imageSize"],
      message: `a U-Net halves its images twice, and ${imageSize} pixels a side cannot be`,
      hint: `use a multiple of 4, such as ${lower} or ${lower + 4}`
    }
  ]
}
