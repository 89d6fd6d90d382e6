import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "#src/base/user-error.ts"
import { classesNamed } from "#src/data/class-names.ts"
import { subsetPlaces } from "#src/data/split.ts"
import { defineStage, port } from "#src/stage.ts"
import { selectImages } from "#src/values/dataset/select.ts"

const tooMany = (count: number, there: number) => ({
  message: `${count} images are asked for, but there are ${there}`,
  hint: `use \`count: ${there}\` or less`
})

export default defineStage({
  summary: "The first images of a data set, or of some of its classes.",
  params: Schema.Struct({
    count: Schema.optionalKey(
      Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).annotate({
        description: "How many images; all when absent.",
        unit: "images"
      })
    ),
    from: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
      .annotate({ description: "How many of the first images to leave out.", unit: "images" })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    classes: Schema.optionalKey(
      Schema.Array(Schema.Union([Schema.String, Schema.Int]))
        .check(Schema.isMinLength(1, { message: "expected at least one class" }))
        .annotate({
          description: "Names of the classes to keep; the others stay in the list, without images."
        })
    ),
    balanced: Schema.Boolean.annotate({
      description: "Whether to take equally many of each class."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false)))
  }),
  inputs: { dataset: port("Dataset[N,H,W,C,K] in R", { description: "What to choose from." }) },
  outputs: {
    dataset: port("Dataset[M,H,W,C,K] in R", { description: "The images that were chosen." })
  },
  bind: ({ balanced, classes, count, from }, { dims: { N } }) =>
    count !== undefined
      ? { M: count }
      : N === undefined || classes !== undefined || balanced || from >= N
        ? {}
        : { M: N - from },
  check: ({ balanced, classes, count, from }, { dims: { K, N } }) => {
    const issues = []
    if (N !== undefined && from >= N) {
      issues.push({ path: ["from"], message: `nothing is left of ${N} images` })
    } else if (N !== undefined && count !== undefined && count > N - from) {
      issues.push({ path: ["count"], ...tooMany(count, N - from) })
    }
    if (K === 0 && (balanced || classes !== undefined)) {
      issues.push({
        path: [balanced ? "balanced" : "classes"],
        message: "the images have no classes"
      })
    }
    return issues
  },
  example: `few:
  uses: dataset/subset
  in: { dataset: digits.dataset }
  with: { count: 1000, balanced: true }
`,
  run: ({ inputs: { dataset }, params: { balanced, classes, count, from } }) => {
    const wanted = classes === undefined ? undefined : classesNamed(dataset, classes)
    const request = { from, balanced, ...(wanted === undefined ? {} : { classes: wanted }) }
    const places = subsetPlaces(dataset, { ...request, ...(count === undefined ? {} : { count }) })
    if (places.length < (count ?? 1)) {
      const { hint, message } = tooMany(count ?? 1, subsetPlaces(dataset, request).length)
      throw new UserError(message, { exitCode: 1, hint })
    }
    return {
      dataset: { ...selectImages(dataset, places), name: `${dataset.name}, ${places.length} of it` }
    }
  }
})
