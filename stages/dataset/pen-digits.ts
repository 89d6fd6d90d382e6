import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { penDigits } from "#src/data/pen-digits/draw.ts"
import { defineStage, port } from "#src/stage.ts"
import { DatasetRange, Seed } from "#src/values/param-schemas.ts"

export default defineStage({
  summary:
    "Digits like handwritten ones, drawn on the spot: for first steps, and where nothing can be downloaded.",
  params: Schema.Struct({
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))
      .annotate({
        description:
          "How many: equally many of each digit, in random order. The first ones stay the same when there are more.",
        unit: "images"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(5000))),
    seed: Seed,
    size: Schema.Int.check(Schema.isBetween({ minimum: 12, maximum: 256 }))
      .annotate({
        description: "Height and width; a digit fills 20 of 28 parts of it, as in MNIST.",
        unit: "pixels"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(28))),
    variation: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))
      .annotate({
        description:
          "How much hands differ in slant, proportions, pen and shape: 0 not at all, 1 about as people do."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
    range: DatasetRange
  }),
  inputs: {},
  outputs: {
    dataset: port("Dataset[N,H,W,C,K] in R", { description: "The images, with their digits." })
  },
  bind: ({ count, range, size }) => ({ N: count, H: size, W: size, C: 1, K: 10, R: range }),
  example: `digits:
  uses: dataset/pen-digits
  with: { count: 5000, seed: 1 }
`,
  run: ({ params, progress, signal }) => ({
    dataset: penDigits(params, (done) => {
      signal.throwIfAborted()
      progress(done, params.count, "digits")
    })
  })
})
