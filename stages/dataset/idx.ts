/** Any pair of IDX files: EMNIST, KMNIST, QMNIST and what people make in their form. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readIdxDataset } from "#src/data/read-dataset.ts"
import { defineStage, port } from "#src/stage.ts"
import { DatasetRange } from "#src/values/param-schemas.ts"

/** Labels are bytes. */
const most = 256

const namesOf = (classes: number | ReadonlyArray<string> | undefined, first: number) =>
  typeof classes === "number"
    ? Array.from({ length: classes }, (_, index) => `${first + index}`)
    : classes

export default defineStage({
  summary: "Images and labels in IDX files, MNIST's format, plain or compressed with gzip.",
  params: Schema.Struct({
    images: Schema.NonEmptyString.annotate({
      description: "The file of images, such as `kmnist-train-images-idx3-ubyte.gz`."
    }),
    labels: Schema.optionalKey(
      Schema.NonEmptyString.annotate({ description: "The file of their labels, if they have any." })
    ),
    classes: Schema.optionalKey(
      Schema.Union([
        Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: most })),
        Schema.Array(Schema.NonEmptyString).check(
          Schema.isMinLength(1, { message: "expected at least one class" })
        )
      ]).annotate({
        description:
          "Names of the classes, or how many there are; as many as the labels need when absent."
      })
    ),
    firstLabel: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: most - 1 }))
      .annotate({ description: "The label of the first class: 1 in EMNIST's letters." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    transpose: Schema.Boolean.annotate({
      description: "Exchanges rows and columns of the images: EMNIST's lie on their sides."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
    name: Schema.NonEmptyString.annotate({
      description: "What the data set is called in figures."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed("images"))),
    range: DatasetRange
  }),
  files: ["images", "labels"],
  inputs: {},
  outputs: {
    dataset: port("Dataset[N,H,W,C,K] in R", { description: "The images, with their labels." })
  },
  bind: ({ classes, firstLabel, labels, range }) => {
    const count = labels === undefined ? 0 : namesOf(classes, firstLabel)?.length
    return { R: range, ...(count === undefined ? {} : { K: count }) }
  },
  check: ({ classes, labels }) => {
    const issues = []
    if (labels === undefined && classes !== undefined) {
      issues.push({
        path: ["classes"],
        message: "there are classes, but no labels",
        hint: "name the file of the labels, or leave the classes out"
      })
    }
    if (Array.isArray(classes)) {
      const twice = classes.findIndex((name, index) => classes.indexOf(name) < index)
      if (twice >= 0) {
        issues.push({ path: ["classes", twice], message: `${classes[twice]} is listed twice` })
      }
    }
    return issues
  },
  example: `kuzushiji:
  uses: dataset/idx
  with:
    images: sets/kmnist-train-images-idx3-ubyte.gz
    labels: sets/kmnist-train-labels-idx1-ubyte.gz
    classes: [o, ki, su, tsu, na, ha, ma, ya, re, wo]
    name: KMNIST train
`,
  run: async ({ files, params: { classes, firstLabel, name, range, transpose } }) => {
    const [images, labels] = [files["images"]!, files["labels"]]
    const names = namesOf(classes, firstLabel)
    return {
      dataset: readIdxDataset({
        name,
        range,
        transpose,
        images: { shown: images.path, bytes: await images.read() },
        ...(labels === undefined
          ? {}
          : {
              labels: {
                shown: labels.path,
                bytes: await labels.read(),
                first: firstLabel,
                ...(names === undefined ? {} : { classes: names })
              }
            })
      })
    }
  }
})
