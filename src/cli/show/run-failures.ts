/** Which stages of a run failed, from its event log. */
import type { RunRecord } from "../../store/run-record.ts"
import type { History } from "../what/history.ts"

export interface FailureReport {
  readonly id: string
  readonly uses: string
  readonly message: string
  readonly hint?: string
  /** Path of the stage's log. */
  readonly log: string
}

export const failuresOf = (history: History, run: RunRecord): ReadonlyArray<FailureReport> =>
  history.events(run).flatMap((event) =>
    event._tag === "StageFailed"
      ? [
          {
            id: event.id,
            uses: event.uses,
            message: event.message,
            ...(event.hint === undefined ? {} : { hint: event.hint }),
            log: event.log
          }
        ]
      : []
  )
