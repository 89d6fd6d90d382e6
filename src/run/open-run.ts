/** The record of a run as a resource: however its scope ends, the record says so. */
import { hasInterruptsOnly } from "effect/Cause"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { UserError } from "../base/user-error.ts"
import type { CheckedPipeline } from "../language/pipeline.ts"
import { countWholes } from "../plan/parts.ts"
import type { Decision } from "../plan/plan.ts"
import type { Prepared } from "../plan/prepare.ts"
import type { RunState } from "../store/run-record.ts"
import type { RunHandle } from "../store/runs.ts"
import type { Store } from "../store/store.ts"
import { attempt, attemptPromise } from "./attempt.ts"
import type { InstanceOutcome, RunOutcome } from "./outcome.ts"
import { beginRun, finishRun } from "./run-in-store.ts"

export interface OpenRun {
  readonly handle: RunHandle
  readonly pipeline: CheckedPipeline
  /** Since it began. */
  readonly seconds: () => number
  /** Something that went wrong beside the run, to be told at its end. */
  readonly note: (error: unknown) => void
  /** To be called once. */
  readonly finish: (
    state: RunState,
    outcomes: ReadonlyArray<InstanceOutcome>
  ) => Effect.Effect<RunOutcome, UserError>
}

export interface OpenRunOptions {
  readonly store: Store
  readonly prepared: Prepared
  readonly plan: { readonly decisions: ReadonlyArray<Pick<Decision, "instance">> }
  readonly set: ReadonlyArray<string>
  readonly resultsFolder: string
}

export const openRun = Effect.fnUntraced(function* (
  options: OpenRunOptions
): Effect.fn.Return<OpenRun, UserError, Scope> {
  const { pipeline } = options.prepared
  if (pipeline === undefined) {
    return yield* Effect.fail(new UserError("a pipeline with errors cannot run"))
  }
  const startedAt = Date.now()
  const total = countWholes(options.plan.decisions.map(({ instance }) => instance))
  const notices: Array<string> = []
  let finished = false
  const handle = yield* Effect.acquireRelease(
    attempt(() => beginRun({ ...options, pipeline }, total, startedAt)),
    (handle, exit) =>
      finished
        ? Effect.void
        : Effect.ignoreCause(
            attemptPromise(() =>
              handle.finish({
                state:
                  exit._tag === "Failure" && hasInterruptsOnly(exit.cause)
                    ? "interrupted"
                    : "failed",
                finishedAt: new Date().toISOString()
              })
            )
          )
  )
  const seconds = () => (Date.now() - startedAt) / 1000
  return {
    handle,
    pipeline,
    seconds,
    note: (error) => void notices.push(error instanceof Error ? error.message : String(error)),
    finish: (state, outcomes) => {
      finished = true
      return Effect.map(
        attemptPromise(() => finishRun({ ...options, pipeline }, handle, state, outcomes)),
        (outcome) => ({ ...outcome, notices: [...notices, ...outcome.notices] })
      )
    }
  }
})
