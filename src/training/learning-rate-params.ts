/** The parameter `learningRate` of trainings. Apart from its numbers, so that what only computes rates loads no schema. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Issue } from "./issue.ts"
import {
  type Exponential,
  isRelative,
  type LearningRate,
  needsSteps,
  type Piecewise,
  ratesOfRun,
  type Run
} from "./learning-rate.ts"

const positive = Schema.isGreaterThan(0, { message: "expected a number above 0" })
const notNegative = Schema.isGreaterThanOrEqualTo(0, { message: "expected a number of 0 or more" })
const Rate = Schema.Finite.check(positive)
const RateOrZero = Schema.Finite.check(notNegative)
const Count = Schema.Int.check(
  Schema.isGreaterThanOrEqualTo(1, { message: "expected a whole number of 1 or more" })
)
const Counts = Schema.Array(Count).check(
  Schema.isMinLength(1, { message: "expected at least one boundary" })
)

const Every = Schema.Literals(["epoch", "step"])
  .annotate({ description: "How often the rate is set." })
  .pipe(Schema.withDecodingDefaultKey(Effect.succeed("epoch" as const)))

const initial = Rate.annotate({ description: "The first rate." })

const warmup = Schema.optionalKey(
  Schema.Struct({
    epochs: Schema.optionalKey(Count.annotate({ description: "Its length.", unit: "epochs" })),
    steps: Schema.optionalKey(
      Count.annotate({ description: "Its length, in place of epochs.", unit: "steps" })
    ),
    from: RateOrZero.annotate({ description: "The rate of the first step." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(0))
    )
  }).annotate({
    description:
      "The rate begins at `from` and rises evenly, step by step, to what the schedule says by then."
  })
)

/** A number, or a schedule by its `kind`. */
export const LearningRateParam = Schema.Union([
  Rate,
  Schema.Struct({
    kind: Schema.Literal("constant"),
    value: Rate.annotate({ description: "The rate." }),
    warmup
  }),
  Schema.Struct({
    kind: Schema.Literal("exponential"),
    initial,
    factor: Schema.optionalKey(
      Rate.annotate({ description: "What each epoch (or step) multiplies the rate by." })
    ),
    factorOverRun: Schema.optionalKey(
      Rate.annotate({
        description:
          "What the whole run would multiply it by, in place of factor: 0.1 in N epochs is 0.1^(1/N) an epoch. Every rate then depends on the number of epochs."
      })
    ),
    every: Every,
    warmup
  }),
  Schema.Struct({
    kind: Schema.Literal("cosine"),
    initial,
    final: RateOrZero.annotate({ description: "The rate at the end of the cosine." }).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed(0))
    ),
    epochs: Schema.optionalKey(
      Count.annotate({
        description: "Length of the cosine; the whole run when left out.",
        unit: "epochs"
      })
    ),
    steps: Schema.optionalKey(
      Count.annotate({ description: "Its length, in place of epochs.", unit: "steps" })
    ),
    every: Every,
    warmup
  }),
  Schema.Struct({
    kind: Schema.Literal("piecewise"),
    values: Schema.Array(Rate)
      .check(Schema.isMinLength(1, { message: "expected at least one rate" }))
      .annotate({ description: "The rates, one more than there are boundaries." }),
    epochs: Schema.optionalKey(
      Counts.annotate({
        description: "After how many epochs the next rate begins.",
        unit: "epochs"
      })
    ),
    steps: Schema.optionalKey(
      Counts.annotate({
        description: "After how many steps of the run, in place of epochs.",
        unit: "steps"
      })
    ),
    warmup
  })
]).annotate({
  description:
    "A rate, or a schedule: constant, exponential, cosine or piecewise, each with a warm-up if wanted. `ablate show --rates` prints every rate."
})

/**
 * What is wrong with a schedule that its schema cannot see.
 *
 * @returns paths below the schedule
 */
export const learningRateIssues = (schedule: LearningRate, run: Run): ReadonlyArray<Issue> => {
  if (typeof schedule === "number") return []
  const issues = [...warmupIssues(schedule), ...shapeIssues(schedule)]
  if (issues.length > 0) return issues
  if (run.stepsPerEpoch === undefined && needsSteps(schedule, run.epochs)) {
    return [
      {
        path: [],
        message:
          "the rate changes from step to step, and how many steps an epoch has is not known before the data are made",
        hint: "step it once an epoch, or pass the data through dataset/subset with a count"
      }
    ]
  }
  const idle = ratesOfRun(schedule, run).findIndex((rates) => rates === 0)
  if (idle < 0) return []
  return [
    {
      path: [],
      message: `epoch ${idle + 1} would be trained with a rate of 0, which changes nothing`,
      hint: isRelative(schedule)
        ? "give a `final` rate above 0"
        : "give a `final` rate above 0, or fewer epochs"
    }
  ]
}

const warmupIssues = ({ warmup }: Exclude<LearningRate, number>): ReadonlyArray<Issue> => {
  if (warmup === undefined || (warmup.epochs === undefined) !== (warmup.steps === undefined)) {
    return []
  }
  return [
    {
      path: ["warmup"],
      message: "a warm-up needs a length in epochs or in steps",
      hint: "give `warmup: { epochs: 1 }` or `warmup: { steps: 500 }`"
    }
  ]
}

const bothGiven: Issue = {
  path: ["steps"],
  message: "epochs and steps are both given",
  hint: "keep one of them"
}

const shapeIssues = (schedule: Exclude<LearningRate, number>): ReadonlyArray<Issue> => {
  if (schedule.kind === "exponential") return exponentialIssues(schedule)
  if (schedule.kind === "piecewise") return piecewiseIssues(schedule)
  return schedule.kind === "cosine" && schedule.epochs !== undefined && schedule.steps !== undefined
    ? [bothGiven]
    : []
}

const exponentialIssues = ({ factor, factorOverRun }: Exponential): ReadonlyArray<Issue> => {
  if ((factor === undefined) !== (factorOverRun === undefined)) return []
  return [
    {
      path: [],
      message:
        factor === undefined
          ? "neither factor nor factorOverRun is given"
          : "both factor and factorOverRun are given",
      hint: "give `factor: 0.8` for what each epoch does, or `factorOverRun: 0.1` for the whole run"
    }
  ]
}

const piecewiseIssues = ({ epochs, steps, values }: Piecewise): ReadonlyArray<Issue> => {
  if (epochs !== undefined && steps !== undefined) return [bothGiven]
  const name = steps === undefined ? "epochs" : "steps"
  const boundaries = steps ?? epochs ?? []
  if (values.length !== boundaries.length + 1) {
    return [
      {
        path: ["values"],
        message: `there must be one rate more than boundaries, not ${values.length} and ${boundaries.length}`,
        hint: "such as `values: [1e-2, 1e-3], epochs: [5]`"
      }
    ]
  }
  return boundaries.flatMap((boundary, index) =>
    index > 0 && boundary <= boundaries[index - 1]!
      ? [
          {
            path: [name, index],
            message: `the boundaries must rise, and ${boundary} comes after ${boundaries[index - 1]}`
          }
        ]
      : []
  )
}
