import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { mnist } from "#src/data/known-files.ts"
import { readKnownDataset } from "#src/data/read-dataset.ts"
import { defineStage, port } from "#src/stage.ts"
import { DatasetRange } from "#src/values/param-schemas.ts"

export default defineStage({
  summary: "MNIST: 70,000 handwritten digits, 28 × 28 grey; found in a data folder, or downloaded.",
  source: "LeCun, Cortes & Burges; the files are told by the SHA-256 of their uncompressed bytes",
  params: Schema.Struct({
    split: Schema.Literals(["train", "test"])
      .annotate({ description: "60,000 images to train with, or the 10,000 others." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("train" as const))),
    range: DatasetRange
  }),
  inputs: {},
  outputs: {
    dataset: port("Dataset[N,H,W,C,K] in R", { description: "The images, with their digits." })
  },
  bind: ({ range, split }) => ({
    N: mnist.splits[split].count,
    H: 28,
    W: 28,
    C: 1,
    K: mnist.classes.length,
    R: range
  }),
  example: `digits:
  uses: dataset/mnist
  with: { split: train }
`,
  run: async ({ log, params, progress, signal }) => ({
    dataset: await readKnownDataset(mnist, params, { log, progress, signal })
  })
})
