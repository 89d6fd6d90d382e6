/** Parameters that all trainings share. Only stages import this file. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { LearningRateParam } from "./learning-rate-params.ts"

const positive = Schema.isGreaterThan(0, { message: "expected a number above 0" })
const Count = Schema.Int.check(
  Schema.isGreaterThanOrEqualTo(1, { message: "expected a whole number of 1 or more" })
)
/** How much of a running mean stays from step to step. */
const Decay = Schema.Finite.check(
  Schema.isGreaterThanOrEqualTo(0, { message: "expected a number of 0 or more" }),
  Schema.isLessThan(1, { message: "expected a number below 1" })
)

const moments = {
  beta1: Decay.annotate({ description: "How much of the gradient's running mean stays." }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(0.9))
  ),
  beta2: Decay.annotate({ description: "The same of its square." }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(0.999))
  ),
  eps: Schema.Finite.check(positive)
    .annotate({ description: "Beside the root of the mean square." })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1e-8)))
}

const Optimizer = Schema.Union([
  Schema.Struct({ kind: Schema.Literal("adam"), ...moments }),
  Schema.Struct({
    kind: Schema.Literal("adamw"),
    ...moments,
    weightDecay: Schema.Finite.check(
      Schema.isGreaterThanOrEqualTo(0, { message: "expected a number of 0 or more" })
    )
      .annotate({ description: "Each step also takes this share, times the rate, of the weights." })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.01)))
  }),
  Schema.Struct({
    kind: Schema.Literal("sgd"),
    momentum: Decay.annotate({ description: "How much of the velocity stays." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(0.9))
    ),
    nesterov: Schema.Boolean.annotate({ description: "Looks one step ahead." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(false))
    )
  })
])

const clip = Schema.optionalKey(
  Schema.Finite.check(positive).annotate({
    description:
      "The longest gradient, over all weights; longer ones are shortened. No limit when left out."
  })
)
const emaDecay = Schema.optionalKey(
  Decay.annotate({
    description:
      "With it the model that comes out is an exponential moving average of the weights, of which each step keeps this much, such as 0.999. It starts at the first weights: with 0.999 they count for nothing after some thousands of steps."
  })
)

/** Of a whole training. */
export const trainingParams = {
  epochs: Count.annotate({
    description:
      "How many times the training goes through the data. More of them go on from what was trained with fewer.",
    unit: "epochs"
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(5))),
  batchSize: Count.annotate({
    description: "How many images make a step; the last of an epoch has what is left over.",
    unit: "images"
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(64))),
  learningRate: LearningRateParam.pipe(Schema.withDecodingDefaultKey(Effect.succeed(1e-3))),
  optimizer: Optimizer.annotate({
    description: "By its `kind`: adam, adamw or sgd, with PyTorch's definitions."
  }).pipe(
    Schema.withDecodingDefaultKey(
      Effect.succeed({ kind: "adam" as const, beta1: 0.9, beta2: 0.999, eps: 1e-8 })
    )
  ),
  clip,
  emaDecay,
  seed: Schema.Int.annotate({
    description:
      "Of the order of the images and of all that is drawn for them. An image's draws in an epoch depend on neither the batch size nor the other images."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0)))
}

/** Of one epoch: all that it depends on, and nothing else. */
export const epochParams = {
  epoch: Count.annotate({ description: "Which one it is, from 1." }),
  batchSize: Count.annotate({ description: "How many images make a step.", unit: "images" }),
  learningRate: Schema.Union([Schema.Finite, Schema.Array(Schema.Finite)]).annotate({
    description: "Of all steps, or of each."
  }),
  optimizer: Optimizer.annotate({ description: "As in the whole training." }),
  clip,
  emaDecay,
  seed: Schema.Int.annotate({ description: "As in the whole training." })
}
