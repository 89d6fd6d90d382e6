/** Parameters of the objective `classify`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export const classifyParams = {
  shift: Schema.Int.check(
    Schema.isGreaterThanOrEqualTo(0, { message: "expected a whole number of 0 or more" })
  )
    .annotate({
      description:
        "In training each image is moved by up to so many pixels, up or down and to a side; what comes in repeats the border.",
      unit: "pixels"
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))
}
