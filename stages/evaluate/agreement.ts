/** Whether images show what was asked for, as a classifier sees them. */
import { UserError } from "#src/base/user-error.ts"
import { judge } from "#src/diffusion/evaluation/judgement.ts"
import { sourceOfImages } from "#src/diffusion/in-batches.ts"
import { defineStage, port } from "#src/stage.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const digits = Array.from({ length: 10 }, (_, digit) => `${digit}`)

export default defineStage({
  summary: "The share of images that a classifier takes for the class that was asked for.",
  params: Schema.Struct({
    prompt: Schema.String.annotate({ description: "The class that was asked for, by its name." }),
    names: Schema.Array(Schema.String)
      .annotate({ description: "Of all classes of the classifier, in their order." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(digits))),
    batchSize: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 65_536 }))
      .annotate({
        description: "The most images that the classifier sees together.",
        unit: "images"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(200)))
  }),
  inputs: {
    images: port("Images[N,H,W,C] in R", {
      description: "Images that all were asked for one class."
    }),
    classifier: port("Model[H,W,C,K] in R given nothing of logits", {
      description: "A classifier trained on real images."
    })
  },
  outputs: {
    metrics: port("Metrics", {
      description:
        "Scalars: agreement, images. A row an image: its number, and the name of the class that it was taken for."
    })
  },
  check: ({ names, prompt }, { dims: { K } }) => [
    ...(names.includes(prompt)
      ? []
      : [
          {
            path: ["prompt"],
            message: `there is no class ${JSON.stringify(prompt)}`,
            hint: `classes are ${names.join(", ")}`
          }
        ]),
    ...(K === undefined || K === names.length
      ? []
      : [{ path: ["names"], message: `${names.length} names are not for ${K} classes` }])
  ],
  example: `read-upright:
  uses: evaluate/agreement
  in: { images: samples.images, classifier: judge.model }
  with: { prompt: "6" }
`,
  run: async ({ inputs: { classifier, images }, params, progress, signal }) => {
    const { batchSize, names, prompt } = params
    const { classes: count } = classifier.architecture
    if (count !== names.length) {
      throw new UserError(`${names.length} names are not for ${count} classes`, {
        hint: "name all of the classifier's classes, in their order"
      })
    }
    const source = sourceOfImages(images)
    const { classes } = await judge(classifier, source, batchSize, { progress, signal })
    const taken = Array.from(classes, (index) => names[index]!)
    return {
      metrics: {
        type: "Metrics",
        scalars: {
          agreement: taken.filter((name) => name === prompt).length / taken.length,
          images: taken.length
        },
        series: taken.map((name, image) => ({ image, taken: name }))
      }
    }
  }
})
