/** From data sets to images: for grids, for noise, for what is done to single images. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "#src/base/user-error.ts"
import { classesNamed } from "#src/data/class-names.ts"
import { subsetPlaces } from "#src/data/split.ts"
import { defineStage, port } from "#src/stage.ts"
import { datasetImages } from "#src/values/dataset/images.ts"

/** When nothing else is asked for. */
const usual = 10

const tooMany = (asked: number, there: number) => ({
  message: `${asked} images are asked for, but there are ${there}`,
  hint: `ask for ${there} or less`
})
const beyond = (place: number, count: number) => ({
  message: `there is no image ${place} among ${count}`,
  hint: `use places from 0 to ${count - 1}`
})

export default defineStage({
  summary: "Single images out of a data set, labelled with their classes.",
  params: Schema.Struct({
    count: Schema.optionalKey(
      Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).annotate({
        description: "How many of the first images; 10 when nothing else is asked for.",
        unit: "images"
      })
    ),
    perClass: Schema.optionalKey(
      Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).annotate({
        description: "The first images of each class in place of the first of all, class by class.",
        unit: "images"
      })
    ),
    places: Schema.optionalKey(
      Schema.Array(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)))
        .check(Schema.isMinLength(1, { message: "expected at least one place" }))
        .annotate({ description: "These images, counted from 0, in this order." })
    ),
    classes: Schema.optionalKey(
      Schema.Array(Schema.Union([Schema.String, Schema.Int]))
        .check(Schema.isMinLength(1, { message: "expected at least one class" }))
        .annotate({ description: "Only images of these classes." })
    ),
    from: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
      .annotate({ description: "How many of the first images to leave out.", unit: "images" })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))
  }),
  inputs: { dataset: port("Dataset[N,H,W,C,K] in R", { description: "What to choose from." }) },
  outputs: {
    images: port("Images[M,H,W,C] in R", {
      description: "The images, labelled with their classes where they have any."
    })
  },
  bind: ({ classes, count, perClass, places }, { dims: { K } }) => {
    if (places !== undefined) return { M: places.length }
    if (perClass === undefined) return { M: count ?? usual }
    const many = classes === undefined ? K : new Set(classes.map(String)).size
    return many === undefined || many === 0 ? {} : { M: perClass * many }
  },
  check: ({ classes, count, from, perClass, places }, { dims: { K, N } }) => {
    const issues = []
    const given = Object.entries({ count, perClass, places }).flatMap(([name, value]) =>
      value === undefined ? [] : [name]
    )
    if (given.length > 1) {
      issues.push({
        path: [given[1]!],
        message: `${given.join(" and ")} are both given`,
        hint: "keep one of them"
      })
    }
    if (places !== undefined && (from > 0 || classes !== undefined)) {
      issues.push({
        path: ["places"],
        message: "with places, `from` and `classes` have nothing to say",
        hint: "leave them out"
      })
    }
    const stray = N === undefined ? -1 : (places?.findIndex((place) => place >= N) ?? -1)
    if (N !== undefined && stray >= 0) {
      issues.push({ path: ["places", stray], ...beyond(places![stray]!, N) })
    }
    if (N !== undefined && places === undefined && (count ?? usual) > Math.max(0, N - from)) {
      if (perClass === undefined) {
        issues.push({ path: ["count"], ...tooMany(count ?? usual, Math.max(0, N - from)) })
      }
    }
    if (K === 0 && (perClass !== undefined || classes !== undefined)) {
      issues.push({
        path: [perClass === undefined ? "classes" : "perClass"],
        message: "the images have no classes"
      })
    }
    return issues
  },
  example: `examples:
  uses: dataset/images
  in: { dataset: digits.dataset }
  with: { perClass: 1 }
`,
  run: ({ inputs: { dataset }, params: { classes, count, from, perClass, places } }) => {
    const total = dataset.shape[0]
    const stray = places?.find((place) => place >= total)
    if (stray !== undefined) throw mistake(beyond(stray, total))
    if (places !== undefined) return { images: datasetImages(dataset, places) }
    const wanted =
      classes === undefined ? [...dataset.classes.keys()] : classesNamed(dataset, classes)
    if (perClass === undefined) {
      const asked = count ?? usual
      const found = subsetPlaces(dataset, {
        from,
        balanced: false,
        ...(classes === undefined ? {} : { classes: wanted })
      })
      if (found.length < asked) throw mistake(tooMany(asked, found.length))
      return { images: datasetImages(dataset, found.subarray(0, asked)) }
    }
    const groups = wanted.map((label) => {
      const found = subsetPlaces(dataset, {
        from,
        balanced: false,
        classes: [label],
        count: perClass
      })
      if (found.length === perClass) return found
      const { hint, message } = tooMany(perClass, found.length)
      throw mistake({ message: `class ${dataset.classes[label]}: ${message}`, hint })
    })
    return {
      images: datasetImages(
        dataset,
        groups.flatMap((group) => Array.from(group))
      )
    }
  }
})

const mistake = ({ hint, message }: { readonly hint: string; readonly message: string }) =>
  new UserError(message, { exitCode: 1, hint })
