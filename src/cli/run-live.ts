/** A run in which something has to be executed: Effect, the display, Ctrl-C once and twice. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { explain, explainer, firstCause } from "../plan/explain.ts"
import { parallelismOf } from "../plan/parallelism.ts"
import { wholesOf } from "../plan/parts.ts"
import type { Plan } from "../plan/plan.ts"
import { execute } from "../run/execute.ts"
import type { RunOutcome } from "../run/outcome.ts"
import { openIndex } from "../store/index-db.ts"
import type { Store } from "../store/store.ts"
import type { CommandContext } from "./command.ts"
import type { OpenedPipeline } from "./pipeline.ts"
import { coresEach, workerVariables } from "./worker-variables.ts"
import type { Expectations } from "./progress/display.ts"
import { openDisplay } from "./progress/open-display.ts"
import { collectReports } from "./run-events.ts"
import { printRun } from "./run-report.ts"
import { catchSignals } from "./signals.ts"

/**
 * @returns 0 when all is known at the end, 1 when a stage failed, 128 and the signal's number when interrupted
 */
export const runLive = async (
  context: CommandContext,
  opened: OpenedPipeline,
  decided: Plan,
  selection: ReadonlySet<string> | undefined
): Promise<number> => {
  const { pipeline, planContext, prepared, project, warnings } = opened
  const { flags } = context
  const { store } = planContext
  const index = openIndex(store)
  const plan = explain(decided, pipeline, planContext, index)
  const explainOne = explainer(decided, pipeline, planContext, index)
  const atOnce = parallelismOf(plan.decisions.filter(isOpen))
  const display = openDisplay(context, expectationsOf(plan))
  const collected = collectReports(plan)
  const signals = catchSignals((stopping) =>
    display.note(
      context.err.style.yellow(
        stopping === "gently"
          ? "stopping: finishing what runs; press Ctrl-C again to stop now"
          : "stopping now"
      )
    )
  )
  // Workers find there what was hashed for the plan, so that they need not read large folders again.
  opened.saveDigests()
  try {
    const exit = await Effect.runPromiseExit(
      execute(
        {
          prepared,
          context: planContext,
          plan,
          store,
          registry: project.registry,
          jobs: project.jobs,
          keepGoing: flags.has("keep-going"),
          resultsFolder: project.resultsRoot,
          set: flags.all("set"),
          root: project.root,
          ...(selection === undefined ? {} : { selection }),
          reasonOf: (decision) => firstCause(explainOne(decision)),
          workerVariables: workerVariables(opened, atOnce),
          coresEach: coresEach(project.jobs, atOnce),
          killNow: Effect.promise(() => signals.now)
        },
        (event) => {
          collected.add(event)
          display.event(event)
        }
      ),
      { signal: signals.gently }
    )
    display.close()
    const outcome = outcomeOf(exit, store, collected.run())
    opened.saveDigests()
    index.recordRun(outcome.record)
    printRun(context, {
      outcome: { ...outcome, notices: [...outcome.notices, ...index.notices()] },
      stages: collected.stages,
      failures: collected.failures(),
      positions: new Map(
        plan.decisions.map(({ instance: { id, position } }) => [id, position] as const)
      ),
      seconds: performance.now() / 1000,
      warnings
    })
    const { state } = outcome.record
    return state === "done" ? 0 : state === "interrupted" ? signals.exitCode() : 1
  } finally {
    display.close()
    signals.release()
    index.close()
  }
}

const isOpen = (decision: Plan["decisions"][number]) => decision.state !== "known"

const expectationsOf = (plan: Plan): Expectations => {
  const open = plan.decisions.filter((decision) => decision.state !== "known")
  return {
    toRun: open.length,
    seconds: new Map(
      open.flatMap(({ instance, expectedSeconds }) =>
        expectedSeconds === undefined ? [] : [[instance.id, expectedSeconds] as const]
      )
    ),
    parts: new Map(
      open.flatMap(({ instance: { id, part, uses } }) =>
        part === undefined ? [] : [[id, uses] as const]
      )
    ),
    sizes: new Map(
      wholesOf(plan.decisions, ({ instance }) => instance.id).flatMap(({ id, own, parts }) =>
        parts.length === 0 ? [] : [[id, parts.length + (own === undefined ? 0 : 1)] as const]
      )
    )
  }
}

/** An interrupted run returns nothing, but has left its record. */
const outcomeOf = (
  exit: Exit.Exit<RunOutcome, unknown>,
  store: Store,
  name: string | undefined
): RunOutcome => {
  if (Exit.isSuccess(exit)) return exit.value
  const record = name === undefined ? undefined : store.runs.get(name)
  if (Cause.hasInterruptsOnly(exit.cause) && record !== undefined) {
    return { record, manifest: { version: 1, instances: [] }, results: [], notices: [] }
  }
  throw Cause.squash(exit.cause)
}
