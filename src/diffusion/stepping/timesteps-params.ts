/** The parameter `timesteps` of stages that sample. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { timestepsNames } from "./named-timesteps.ts"

const Steps = Schema.Int.check(
  Schema.isBetween({ minimum: 1, maximum: 100_000 }, { message: "expected from 1 to 100000 steps" })
).annotate({ description: "How many timesteps, at most T.", unit: "steps" })

const Timestep = Schema.Int.check(
  Schema.isGreaterThanOrEqualTo(0, { message: "expected a timestep, from 0 on" })
)

/** A number of steps, a name, a list, or a spacing by its `kind`. */
export const TimestepsParam = Schema.Union([
  Steps,
  Schema.Literals(timestepsNames),
  Schema.Array(Timestep).check(
    Schema.isMinLength(1, { message: "expected at least one timestep" }),
    Schema.makeFilter((list) => list.every((timestep, i) => i === 0 || timestep < list[i - 1]!), {
      message: "expected timesteps that fall, from the noisiest to the cleanest, each once"
    })
  ),
  Schema.Struct({
    kind: Schema.Literal("strided"),
    from: Timestep.annotate({ description: "The first and noisiest timestep." }),
    stride: Schema.Int.check(
      Schema.isGreaterThanOrEqualTo(1, { message: "expected a whole number of 1 or more" })
    ).annotate({
      description: "How far apart they are, down to the last one that is not below 0.",
      unit: "timesteps"
    })
  }),
  Schema.Struct({ kind: Schema.Literal("linspace"), steps: Steps }),
  Schema.Struct({
    kind: Schema.Literal("leading"),
    steps: Steps,
    offset: Schema.Int.check(
      Schema.isGreaterThanOrEqualTo(0, { message: "expected a whole number of 0 or more" })
    )
      .annotate({
        description: "Added to each timestep; 1 in Stable Diffusion, 0 in DeepFloyd IF."
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))
  }),
  Schema.Struct({ kind: Schema.Literal("trailing"), steps: Steps })
]).annotate({
  description:
    "The timesteps that a sampler steps through, from noise to data. `{ kind: strided, from: 990, stride: 30 }` is 990, 960, …, 0. Spacings of n steps, as in diffusers: `leading` is (n-1)r, …, r, 0 with r = ⌊T/n⌋, `linspace` goes evenly from T-1 to 0, `trailing` by T/n down from T-1. A number n alone is leading, which DeepFloyd IF's pipelines use. A name is one of DeepFloyd IF's lists, for T = 1000, such as fast27 or smart100. A list holds the timesteps themselves."
})
