import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fashionMnist } from "#src/data/known-files.ts"
import { readKnownDataset } from "#src/data/read-dataset.ts"
import { defineStage, port } from "#src/stage.ts"
import { DatasetRange } from "#src/values/param-schemas.ts"

export default defineStage({
  summary:
    "Fashion-MNIST: 70,000 pieces of clothing, 28 × 28 grey; found in a data folder, or downloaded.",
  source:
    "Xiao, Rasul & Vollgraf 2017 (arXiv:1708.07747); the files are told by the MD5 of their uncompressed bytes",
  params: Schema.Struct({
    split: Schema.Literals(["train", "test"])
      .annotate({ description: "60,000 images to train with, or the 10,000 others." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("train" as const))),
    range: DatasetRange
  }),
  inputs: {},
  outputs: {
    dataset: port("Dataset[N,H,W,C,K] in R", { description: "The images, with what they show." })
  },
  bind: ({ range, split }) => ({
    N: fashionMnist.splits[split].count,
    H: 28,
    W: 28,
    C: 1,
    K: fashionMnist.classes.length,
    R: range
  }),
  example: `clothes:
  uses: dataset/fashion-mnist
  with: { split: test }
`,
  run: async ({ log, params, progress, signal }) => ({
    dataset: await readKnownDataset(fashionMnist, params, { log, progress, signal })
  })
})
