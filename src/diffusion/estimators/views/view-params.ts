/** Views as parameters of stages. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Seed = Schema.Int.annotate({ description: "Equal seeds give equal permutations." }).pipe(
  Schema.withDecodingDefaultKey(Effect.succeed(0))
)
const kind = <const K extends string>(name: K) => ({ kind: Schema.Literal(name) })

const plain = [
  "identity",
  "flip-vertical",
  "flip-horizontal",
  "rotate-90",
  "rotate-180",
  "rotate-270",
  "negative",
  "inner-circle"
] as const

/** Views without settings may be given by their names alone. */
export const ViewParams = Schema.Union([
  Schema.Literals(plain),
  Schema.Struct({
    ...kind("patches"),
    size: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).annotate({
      description: "Side of a patch; it divides the image's.",
      unit: "pixels"
    }),
    seed: Seed
  }),
  Schema.Struct({ ...kind("pixels"), seed: Seed }),
  Schema.Struct({ ...kind("jigsaw"), seed: Seed }),
  Schema.Struct({
    ...kind("skew"),
    factor: Schema.Finite.annotate({
      description:
        "How many rows a column is moved against the one before it; rows that leave come back on the other side."
    })
  })
]).annotate({
  description:
    "flip-vertical is upside down (rows reversed), flip-horizontal left to right; rotations are clockwise; negative turns values over; inner-circle turns the inner disc by half a turn; patches and pixels are permuted by a seed; jigsaw turns and swaps pieces of 4 × 4; skew moves columns."
})
export type ViewParams = typeof ViewParams.Type
export type ViewKind = Exclude<ViewParams, string>["kind"] | (typeof plain)[number]
