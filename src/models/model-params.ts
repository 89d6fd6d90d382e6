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

export const Enlarges = whole(1, 64)
  .annotate({
    description:
      "By which factor it enlarges: it is also shown a smaller image of the same content, with noise, and told how much. 1 for a network that does not."
  })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1)))

/** What the type of such a model says that it is given. */
export const givenFor = (time: (typeof Time)["Type"], enlarges: number) =>
  time === "none" ? "nothing" : enlarges === 1 ? "time" : "images"

/** As the architecture has it. */
export const enlarging = (enlarges: number) => (enlarges === 1 ? {} : { enlarges })

/** What is wrong with a network that is to enlarge. */
export const enlargesIssues = ({
  enlarges,
  imageSize,
  time
}: {
  readonly enlarges: number
  readonly imageSize: number
  readonly time: (typeof Time)["Type"]
}) => {
  if (enlarges === 1) return []
  const issue = (message: string, hint: string) => [{ path: ["enlarges"], message, hint }]
  if (time === "none") {
    return issue("a network that enlarges has to be told the time", "add `time: add`")
  }
  return imageSize % enlarges === 0
    ? []
    : issue(
        `${imageSize} pixels a side are not ${enlarges} times as many as a whole number`,
        "use a factor that divides the size"
      )
}

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
