import * as Schema from "effect/Schema"
import { datasetStatistics } from "#src/data/statistics.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary: "What the pixels of a data set are like, and its mean images.",
  params: Schema.Struct({}),
  inputs: { dataset: port("Dataset[N,H,W,C,K] in R", { description: "At least one image." }) },
  outputs: {
    metrics: port("Metrics", {
      description:
        "Mean, deviation and meanSquare (E[x²]) of all pixels; errorOfMean, the mean squared error of the mean image, and errorOfClassMeans, that of the mean image of each class: what is left to a model that sees nothing, or the class alone. A row a class: its images, their share and mean."
    }),
    means: port("Images[M,H,W,C] in R", {
      description: "The mean image, then that of each class that has images."
    })
  },
  bind: (_, { dims: { K } }) => (K === 0 ? { M: 1 } : {}),
  example: `facts:
  uses: dataset/statistics
  in: { dataset: digits.dataset }
`,
  run: ({ inputs: { dataset } }) => {
    const { classes, range, shape } = dataset
    const [count, ...size] = shape
    const found = datasetStatistics(dataset)
    const images = [found.meanImage, ...found.classes.map(({ meanImage }) => meanImage)]
    const data = new Float32Array(images.length * found.meanImage.length)
    for (const [index, image] of images.entries()) data.set(image, index * image.length)
    const { deviation, errorOfClassMeans, errorOfMean, mean, meanSquare } = found
    return {
      metrics: {
        type: "Metrics",
        scalars: {
          images: count,
          mean,
          deviation,
          meanSquare,
          errorOfMean,
          ...(errorOfClassMeans === undefined ? {} : { errorOfClassMeans })
        },
        series: found.classes.map(({ count: many, label, mean }) => ({
          class: classes[label] ?? "",
          images: many,
          share: many / count,
          mean
        }))
      },
      means: {
        type: "Images",
        shape: [images.length, ...size] as const,
        range,
        data,
        labels: ["all", ...found.classes.map(({ label }) => classes[label] ?? "")]
      }
    }
  }
})
