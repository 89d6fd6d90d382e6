/**
 * A run in which nothing had to be executed: its record, its manifest and its files for people. This is on the path of
 * every repeated call, so it is plain code that loads next to nothing.
 */
import type { CheckedPipeline } from "../language/pipeline.ts"
import { countWholes } from "../plan/parts.ts"
import type { Plan } from "../plan/plan.ts"
import type { Store } from "../store/store.ts"
import type { RunEvent } from "./events.ts"
import type { InstanceOutcome, RunOutcome } from "./outcome.ts"
import { beginRun, finishRun } from "./run-in-store.ts"

export interface RecordKnownOptions {
  readonly store: Store
  readonly pipeline: CheckedPipeline
  /** Every decision is `known`. */
  readonly plan: Plan
  readonly set: ReadonlyArray<string>
  /** Absolute; files for people go to a folder of the pipeline's name below it. */
  readonly resultsFolder: string
  /** Milliseconds since the epoch. */
  readonly startedAt?: number
}

/**
 * The event log says only that the run began and ended; that all was known is in its manifest and counts.
 *
 * @returns undefined when gc has removed some of the results since the plan was made: then plan again
 * @throws UserError when the store or the results folder cannot be written
 */
export const recordKnownRun = async (
  options: RecordKnownOptions
): Promise<RunOutcome | undefined> => {
  const { decisions } = options.plan
  const startedAt = options.startedAt ?? Date.now()
  const outcomes = decisions.map((decision): InstanceOutcome => {
    if (decision.state !== "known") throw new Error(`${decision.instance.id} is not known`)
    const { instance, key, outputs } = decision
    return { id: instance.id, uses: instance.uses, state: "known", key, outputs }
  })
  const total = countWholes(decisions.map(({ instance }) => instance))
  const handle = beginRun(options, total, startedAt)
  const append = (event: RunEvent) => handle.append(event)
  const run = handle.name
  append({
    _tag: "RunStarted",
    at: startedAt,
    run,
    pipeline: options.pipeline.name,
    total,
    jobs: 0
  })
  const gone = await handle.protect(outcomes.flatMap(({ key }) => key ?? []))
  const at = Date.now()
  const seconds = (at - startedAt) / 1000
  if (gone.length > 0) {
    append({ _tag: "RunFinished", at, run, state: "interrupted", seconds })
    await finishRun(options, handle, "interrupted", [])
    return undefined
  }
  append({ _tag: "RunFinished", at, run, state: "done", seconds })
  return finishRun(options, handle, "done", outcomes)
}
