import { defineStage, type ParamIssue, port } from "#src/stage.ts"
import { PixelCount } from "#src/values/param-schemas.ts"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Index = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

export default defineStage({
  summary: "A mask that is 1 in a rectangle and 0 elsewhere.",
  params: Schema.Struct({
    height: PixelCount.annotate({ description: "Of the whole mask.", unit: "pixels" }),
    width: PixelCount.annotate({ description: "Of the whole mask.", unit: "pixels" }),
    rows: Schema.Tuple([Index, Index]).annotate({
      description: "First and last row of the rectangle, both inside; the top row is 0.",
      unit: "pixels"
    }),
    columns: Schema.Tuple([Index, Index]).annotate({
      description: "First and last column of the rectangle, both inside; the left one is 0.",
      unit: "pixels"
    }),
    feather: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4096 }))
      .annotate({
        description: "Pixels around the rectangle over which the mask falls evenly from 1 to 0.",
        unit: "pixels"
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    invert: Schema.Boolean.annotate({ description: "0 in the rectangle and 1 elsewhere." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(false))
    )
  }),
  inputs: {},
  outputs: { mask: port("Mask[H,W]", { description: "1 where new content goes." }) },
  bind: ({ height, width }) => ({ H: height, W: width }),
  check: ({ columns, height, rows, width }) => [
    ...spanIssues("rows", rows, height),
    ...spanIssues("columns", columns, width)
  ],
  example: `hole:
  uses: mask/rectangle
  with: { height: 64, width: 64, rows: [2, 19], columns: [24, 41] }
`,
  run: ({ params: { columns, feather, height, invert, rows, width } }) => {
    const data = new Float32Array(height * width)
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const distance = Math.max(outside(y, rows), outside(x, columns))
        const weight = Math.max(1 - distance / (feather + 1), 0)
        data[y * width + x] = invert ? 1 - weight : weight
      }
    }
    return { mask: { type: "Mask", shape: [height, width], data } }
  }
})

const spanIssues = (
  name: string,
  [from, to]: readonly [number, number],
  size: number
): ReadonlyArray<ParamIssue> => {
  if (to >= size) {
    return [
      {
        path: [name, 1],
        message: `a mask of ${size} ${name} has no ${to}: the last is ${size - 1}`
      }
    ]
  }
  return from > to
    ? [{ path: [name], message: `the first of the ${name}, ${from}, is after the last, ${to}` }]
    : []
}

/** Pixels from the nearest one of a span; 0 in it. */
const outside = (at: number, [from, to]: readonly [number, number]) =>
  Math.max(from - at, at - to, 0)
