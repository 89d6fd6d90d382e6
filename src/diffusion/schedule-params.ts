/** Parameters that the schedule stages share. Apart from other parameters, so that these stages reach no tensor code. */
import * as Schema from "effect/Schema"

/** T of a schedule. */
export const Timesteps = Schema.Int.check(
  Schema.isBetween({ minimum: 1, maximum: 100_000 })
).annotate({ description: "How many timesteps T the process has.", unit: "timesteps" })

/** One β. */
export const Beta = Schema.Finite.check(
  Schema.isGreaterThan(0, { message: "expected a number above 0" }),
  Schema.isLessThan(1, { message: "expected a number below 1" })
)
