/** How often a classifier is right. */
import { UserError } from "#src/base/user-error.ts"
import { judge } from "#src/diffusion/evaluation/judgement.ts"
import { sourceOfDataset } from "#src/diffusion/in-batches.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const unlabelled = {
  message: "the images have no labels to compare with",
  hint: "use a labelled data set"
}

export default defineStage({
  summary: "Accuracy of a classifier on labelled images, over all and by class.",
  params: Schema.Struct({
    batchSize: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 65_536 }))
      .annotate({
        description: "The most images that are computed together.",
        unit: "images"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(200)))
  }),
  inputs: {
    model: port("Model[H,W,C,K] in R given nothing of logits", {
      description: "The trained classifier."
    }),
    dataset: port("Dataset[N,H,W,C,K] in R", {
      description: "Labelled images that it was not trained with."
    })
  },
  outputs: {
    metrics: port("Metrics", {
      description:
        "Scalars accuracy and images; a row a class with images, recall (the share of its images that were told right) and precision (the share of images taken for it that were of it; absent where there are none)."
    }),
    confusion: port("Table", {
      description: "A line a class, a column a class that its images were taken for: counts."
    })
  },
  check: (_, { dims: { K } }) => (K === 0 ? [{ path: [], ...unlabelled }] : []),
  example: `accuracy:
  uses: evaluate/classifier
  in: { model: judge.model, dataset: digits.test }
`,
  run: async ({ inputs: { dataset, model }, params: { batchSize }, progress, signal }) => {
    const { classes: names, labels, name } = dataset
    const [count] = dataset.shape
    if (labels === undefined) throw new UserError(unlabelled.message, { hint: unlabelled.hint })
    if (count === 0) throw new UserError(`${name} has no images to judge`)
    if (names.length !== model.architecture.classes) {
      throw new UserError(
        `the classifier tells ${model.architecture.classes} classes apart, ${name} has ${names.length}`,
        { hint: "use the data set that it was trained for" }
      )
    }
    const judgement = await judge(model, sourceOfDataset(dataset), batchSize, { progress, signal })
    const counts = names.map(() => names.map(() => 0))
    for (let image = 0; image < count; image++) {
      counts[labels[image]!]![judgement.classes[image]!]!++
    }
    const sum = (values: ReadonlyArray<number>) => values.reduce((a, b) => a + b, 0)
    const right = names.map((_, index) => counts[index]![index]!)
    const series = names.map((own, index) => {
      const images = sum(counts[index]!)
      const taken = sum(counts.map((row) => row[index]!))
      return {
        class: own,
        images,
        ...(images === 0 ? {} : { recall: right[index]! / images }),
        ...(taken === 0 ? {} : { precision: right[index]! / taken })
      }
    })
    return {
      metrics: {
        type: "Metrics" as const,
        scalars: { accuracy: sum(right) / count, images: count },
        series
      },
      confusion: {
        type: "Table" as const,
        columns: ["class", ...names],
        rows: names.map((own, index) =>
          Object.fromEntries([
            ...names.map((taken, column) => [taken, counts[index]![column]!] as const),
            ["class", own]
          ])
        )
      }
    }
  }
})
