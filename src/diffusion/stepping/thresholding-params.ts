/** The parameter `thresholding` of stages that sample; decodes to `Thresholding`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** DeepFloyd IF's, in both stages. */
const defaultRatio = 0.95

/** `none`, or a way by its `kind`. */
export const ThresholdingParam = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("none") }),
  Schema.Struct({
    kind: Schema.Literal("clip"),
    minimum: Schema.Finite.annotate({ description: "The smallest pixel." }),
    maximum: Schema.Finite.annotate({ description: "The largest pixel." })
  }).check(
    Schema.makeFilter(({ maximum, minimum }) => minimum < maximum, {
      message: "expected a minimum below the maximum"
    })
  ),
  Schema.Struct({
    kind: Schema.Literal("dynamic"),
    ratio: Schema.Finite.check(
      Schema.isBetween({ minimum: 0, maximum: 1 }, { message: "expected a number from 0 to 1" })
    )
      .annotate({
        description:
          "Which share of an image's pixels stays within the limit; the limit is this quantile of their absolute values."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaultRatio))),
    maximum: Schema.Finite.check(
      Schema.isGreaterThanOrEqualTo(1, { message: "expected a number of 1 or more" })
    ).annotate({
      description:
        "The largest limit: 1.5 in stage I of DeepFloyd IF, 1 in stage II. The smallest is 1."
    })
  })
]).annotate({
  description:
    "How estimates of the clean sample are brought back into the range of pixels at each step. `{ kind: none }` leaves them. `{ kind: clip, minimum: -1, maximum: 1 }` cuts off. `{ kind: dynamic, ratio: 0.95, maximum: 1.5 }` clips each image to its own limit and divides by it, for pixels in [-1, 1] (Saharia et al. 2022)."
})
