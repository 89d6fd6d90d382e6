/** The plan that a run goes by: safe from gc, possible on this machine, and decided further while the run goes on. */
import * as Effect from "effect/Effect"
import { UserError } from "../base/user-error.ts"
import type { CheckedPipeline } from "../language/pipeline.ts"
import { decide, type PlanContext, planPipeline, withNeeds } from "../plan/decide.ts"
import type { Plan } from "../plan/plan.ts"
import { attempt, attemptPromise } from "./attempt.ts"
import type { DriverTools, Outputs } from "./driver.ts"
import type { OpenRun } from "./open-run.ts"

export interface RunPlanOptions {
  readonly context: PlanContext
  readonly plan: Plan
  readonly selection?: ReadonlySet<string>
}

/** The plan, with what it found known safe from gc until the run is over. */
export const protectedPlan = Effect.fnUntraced(function* (
  { context, plan: first, selection }: RunPlanOptions,
  { handle, pipeline }: OpenRun
): Effect.fn.Return<Plan, UserError> {
  for (
    let plan = first;
    ;
    plan = yield* attempt(() => planPipeline(pipeline, context, selection))
  ) {
    const keys = plan.decisions.flatMap((decision) =>
      decision.state === "known" ? [decision.key] : []
    )
    const gone = yield* attemptPromise(() => handle.protect(keys))
    if (gone.length === 0) return plan
  }
})

/**
 * @throws UserError when an instance could never start
 */
export const checkGpus = (plan: Plan, gpus = 1): void => {
  const greedy = plan.decisions.find(
    ({ instance, state }) => state !== "known" && (instance.resources.gpu ?? 0) > gpus
  )
  if (greedy === undefined) return
  const { id, resources } = greedy.instance
  throw new UserError(`${id} asks for ${resources.gpu} GPUs, this run has ${gpus}`, {
    hint: "lower `resources.gpu` of the stage"
  })
}

/** Decides an instance of the run whose inputs are there; some may come from instances that were not selected. */
export const decider = (
  pipeline: CheckedPipeline,
  plan: Plan,
  context: PlanContext
): DriverTools["decide"] => {
  let outside: ReadonlyMap<string, Outputs> | undefined
  return (instance, outputsOf) => {
    const decided = decide(
      instance,
      (id) => outputsOf(id) ?? (outside ??= outsideOutputs(pipeline, plan, context)).get(id),
      context
    )
    if (decided.state !== "depends") return decided
    throw new Error(`${instance.id} has all its inputs, but no key`)
  }
}

/** What is known of the instances that the plan leaves out though its own read them. */
const outsideOutputs = (
  pipeline: CheckedPipeline,
  plan: Plan,
  context: PlanContext
): ReadonlyMap<string, Outputs> => {
  const own = new Set(plan.decisions.map(({ instance }) => instance.id))
  if (own.size === pipeline.instances.length) return new Map()
  const { decisions } = planPipeline(pipeline, context, withNeeds(pipeline, own))
  return new Map(
    decisions.flatMap((decision) =>
      decision.state === "known" && !own.has(decision.instance.id)
        ? [[decision.instance.id, decision.outputs] as const]
        : []
    )
  )
}
