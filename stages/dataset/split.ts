import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "#src/base/user-error.ts"
import { countOf, splitPlaces } from "#src/data/split.ts"
import { defineStage, port } from "#src/stage.ts"
import { selectImages } from "#src/values/dataset/select.ts"
import { Seed } from "#src/values/param-schemas.ts"

const unfit = (size: number, count: number) => {
  const first = countOf(size, count)
  if (first > 0 && first < count) return undefined
  return {
    message:
      first === 0
        ? `${size} of ${count} images is none`
        : `a part of ${first} images leaves nothing of ${count}`,
    hint: "both parts need at least one image"
  }
}

export default defineStage({
  summary: "Parts a data set into two at random, without an image in both.",
  params: Schema.Struct({
    size: Schema.Finite.check(
      Schema.makeFilter((size) =>
        size > 0 && (size < 1 || Number.isInteger(size))
          ? undefined
          : "expected a fraction between 0 and 1, or a whole number of images"
      )
    ).annotate({
      description:
        "Of the first part: a fraction below 1, or a number of images. With one seed a larger part contains a smaller one."
    }),
    seed: Seed,
    stratified: Schema.Boolean.annotate({
      description: "Whether both parts have the classes in equal shares."
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false)))
  }),
  inputs: { dataset: port("Dataset[N,H,W,C,K] in R", { description: "What to part." }) },
  outputs: {
    first: port("Dataset[F,H,W,C,K] in R", { description: "As many as asked for." }),
    rest: port("Dataset[G,H,W,C,K] in R", { description: "All others." })
  },
  bind: ({ size }, { dims: { N } }) =>
    N === undefined || unfit(size, N) !== undefined
      ? {}
      : { F: countOf(size, N), G: N - countOf(size, N) },
  check: ({ size, stratified }, { dims: { K, N } }) => {
    const problem = N === undefined ? undefined : unfit(size, N)
    return [
      ...(problem === undefined ? [] : [{ path: ["size"], ...problem }]),
      ...(stratified && K === 0
        ? [{ path: ["stratified"], message: "the images have no classes to share out" }]
        : [])
    ]
  },
  example: `parts:
  uses: dataset/split
  in: { dataset: digits.dataset }
  with: { size: 0.9, stratified: true }
`,
  run: ({ inputs: { dataset }, params }) => {
    const problem = unfit(params.size, dataset.shape[0])
    if (problem !== undefined) throw new UserError(problem.message, { hint: problem.hint })
    const places = splitPlaces(dataset, params)
    const { name } = dataset
    return {
      first: {
        ...selectImages(dataset, places.first),
        name: `${name}, ${places.first.length} of it`
      },
      rest: {
        ...selectImages(dataset, places.rest),
        name: `${name}, the other ${places.rest.length}`
      }
    }
  }
})
