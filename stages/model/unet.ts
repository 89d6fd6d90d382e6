/** The U-Net for digits, before training. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  Channels,
  Classes,
  Enlarges,
  enlargesIssues,
  enlarging,
  givenFor,
  ImageChannels,
  ImageSize,
  imageSizeIssues,
  ModelRange,
  Time,
  WeightSeed
} from "#src/models/model-params.ts"
import { freshModel } from "#src/models/model-value.ts"
import { defineStage, port } from "#src/stage.ts"

export default defineStage({
  summary:
    "A U-Net for small images such as digits, with fresh weights: unconditional, or told a time, a class, or both; or one that enlarges smaller images.",
  source:
    "Berkeley CS180, project 5 B; Ronneberger, Fischer & Brox 2015 (arXiv:1505.04597); PyTorch's initialisation; enlarging: Ho et al. 2022 (arXiv:2106.15282)",
  params: Schema.Struct({
    channels: Channels.annotate({
      description: "The width D at full size, twice that at the bottom; 64 or 128 for digits."
    }),
    time: Time,
    classes: Classes.annotate({
      description: "How many classes it can be told, 10 for digits; 0 for none."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    imageSize: ImageSize,
    imageChannels: ImageChannels,
    enlarges: Enlarges,
    range: ModelRange,
    seed: WeightSeed
  }),
  inputs: {},
  outputs: {
    model: port("Model[S,S,C,K] in R given G", { description: "The untrained network." })
  },
  bind: ({ classes, enlarges, imageChannels, imageSize, range, time }) => ({
    S: imageSize,
    C: imageChannels,
    K: classes,
    R: range,
    G: givenFor(time, enlarges)
  }),
  check: (params) => [...imageSizeIssues(params.imageSize), ...enlargesIssues(params)],
  example: `network:
  uses: model/unet
  with: { channels: 64, time: add, classes: 10 }
`,
  run: ({ params: { enlarges, range, seed, ...settings } }) => ({
    model: freshModel({ kind: "unet", ...settings, ...enlarging(enlarges) }, range, seed)
  })
})
