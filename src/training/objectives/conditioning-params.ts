/** The parameter of objectives whose network may be conditioned on classes. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export const conditioningParams = {
  unconditional: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
    .annotate({
      description:
        "The probability with which an image's class is dropped in training, so that the network learns to do without: what guidance needs. Of no meaning for a network without classes."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.1)))
}
