/** Parameters that the sampling stages share, and what can be wrong with them. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserError } from "../../base/user-error.ts"
import { Checkpoints } from "../checkpoints.ts"
import type { Guidance } from "../guidance.ts"

const Class = Schema.Int.check(
  Schema.isGreaterThanOrEqualTo(0, { message: "expected the index of a class, from 0 on" })
)
const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))

/** As many as there are of each class in the figures of Berkeley CS180, project 5. */
const defaultPerClass = 4
/** A grid of four by four. */
const defaultCount = 16

export const sampleParams = {
  checkpoints: Checkpoints,
  classes: Schema.optionalKey(
    Schema.Union([
      Schema.Literal("all"),
      Schema.Array(Class).check(Schema.isMinLength(1, { message: "expected at least one class" }))
    ]).annotate({
      description:
        "Which classes to ask for, by index, or `all`. Left out, the network is told no class."
    })
  ),
  perClass: Schema.optionalKey(
    Count.annotate({
      description: `How many samples of each class listed; left out, ${defaultPerClass}.`,
      unit: "images"
    })
  ),
  count: Schema.optionalKey(
    Count.annotate({
      description: `How many samples, where no classes are asked for; left out, ${defaultCount}.`,
      unit: "images"
    })
  ),
  guidance: Schema.optionalKey(
    Schema.Union([
      Schema.Finite,
      Schema.Struct({
        scale: Schema.Finite.annotate({ description: "γ or w." }),
        convention: Schema.Literals(["gamma", "w"]).annotate({
          description: "gamma: u + γ (c - u), conditional at 1. w: c + w (c - u), conditional at 0."
        })
      })
    ]).annotate({
      description:
        "Classifier-free guidance. A number is γ in u + γ (c - u), where u is the prediction without and c the one with the class; { scale: 4, convention: w } is w in c + w (c - u), with w = γ - 1. Left out, γ = 1: the class as it is. At γ = 1 and γ = 0 one of the two predictions is not needed, and not computed."
    })
  ),
  seed: Schema.Int.annotate({
    description:
      "Of the noise that samples start from. Sample k starts from the same noise whatever else is sampled, at every checkpoint."
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  batchSize: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 65_536 }))
    .annotate({
      description:
        "The most samples that are computed together; with guidance the network sees twice as many. A question of memory only: the samples are the same.",
      unit: "images"
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(64))),
  frames: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 10_000 }))
    .annotate({
      description:
        "How many states of each sample the trajectory has, evenly spread over the steps; the noise and the sample are the first and the last."
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(2)))
}

/** What these parameters decode to. */
export interface SampleParams {
  readonly checkpoints?: ReadonlyArray<number | string>
  readonly classes?: "all" | ReadonlyArray<number>
  readonly perClass?: number
  readonly count?: number
  readonly guidance?: Guidance
  readonly seed: number
  readonly batchSize: number
  readonly frames: number
}

interface Issue {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly hint: string
}

/**
 * What is wrong with the parameters for a network of so many classes, as far as that is known.
 *
 * @param steps of the sampler, as far as it is known
 */
export const sampleIssues = (
  { classes, count, frames, guidance, perClass }: SampleParams,
  classCount: number | undefined,
  steps: number | undefined
): ReadonlyArray<Issue> => {
  const issues: Array<Issue> = []
  if (classes === undefined && perClass !== undefined) {
    issues.push({
      path: ["perClass"],
      message: "perClass needs classes, and none are asked for",
      hint: "add `classes: all`, or give `count`"
    })
  }
  if (classes !== undefined && count !== undefined) {
    issues.push({
      path: ["count"],
      message: "count is for samples without classes",
      hint: "give `perClass` in its place, or remove `classes`"
    })
  }
  if (classes === undefined && guidance !== undefined) {
    issues.push({
      path: ["guidance"],
      message: "guidance needs classes, and none are asked for",
      hint: "add `classes: all`, or remove `guidance`"
    })
  }
  if (classes !== undefined && classCount === 0) {
    issues.push({
      path: ["classes"],
      message: "the model was not trained with classes",
      hint: "remove `classes`, or give the network `classes: 10` and train it"
    })
  }
  if (Array.isArray(classes) && classCount !== undefined && classCount > 0) {
    for (const [index, one] of (classes as ReadonlyArray<number>).entries()) {
      if (one < classCount) continue
      issues.push({
        path: ["classes", index],
        message: `there is no class ${one}: the model has ${classCount}`,
        hint: `classes are counted from 0 to ${classCount - 1}`
      })
    }
  }
  if (steps !== undefined && frames > steps + 1) {
    issues.push({
      path: ["frames"],
      message: `${frames} frames are more than the ${steps + 1} states of ${steps} steps`,
      hint: `give at most ${steps + 1} frames, or more steps`
    })
  }
  return issues
}

/** The same once the model is there. @throws UserError with the first issue */
export const assertSampling = (params: SampleParams, classCount: number, steps: number): void => {
  const [issue] = sampleIssues(params, classCount, steps)
  if (issue !== undefined) throw new UserError(issue.message, { hint: issue.hint })
}

/** How many samples a checkpoint makes; unknown when it is up to the model. */
export const sampleCount = (
  { classes, count, perClass }: SampleParams,
  classCount: number | undefined
): number | undefined => {
  if (classes === undefined) return count ?? defaultCount
  const asked = classes === "all" ? classCount : classes.length
  return asked === undefined ? undefined : asked * (perClass ?? defaultPerClass)
}

/** The class of each sample, class by class; none when none are asked for. */
export const sampleClasses = (
  { classes, perClass = defaultPerClass }: SampleParams,
  classCount: number
): ReadonlyArray<number> | undefined => {
  if (classes === undefined) return undefined
  const asked = classes === "all" ? Array.from({ length: classCount }, (_, i) => i) : classes
  return asked.flatMap((one) => Array.from({ length: perClass }, () => one))
}
