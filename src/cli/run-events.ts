/** What became of each stage instance, gathered from a run's events. */
import type { Plan } from "../plan/plan.ts"
import type { RunEvent } from "../run/events.ts"
import { knownReason, type Failure, type StageReport } from "./run-report.ts"

export interface Collected {
  readonly add: (event: RunEvent) => void
  /** Name of the run, once it has begun. */
  readonly run: () => string | undefined
  /** In the order of the plan. */
  readonly stages: () => ReadonlyArray<StageReport>
  readonly failures: () => ReadonlyArray<Failure>
}

export const collectReports = (plan: Plan): Collected => {
  const reports = new Map<string, StageReport>()
  const failures: Array<Failure> = []
  let run: string | undefined
  const add = (event: RunEvent): void => {
    switch (event._tag) {
      case "RunStarted":
        run = event.run
        break
      case "StageKnown": {
        const { id, uses, key, outputs, early } = event
        const reason = early ? "its inputs came out as before" : knownReason
        reports.set(id, { id, uses, state: "known", reason, key, seconds: 0, outputs })
        break
      }
      case "StageSucceeded": {
        const { id, uses, key, outputs, reason, seconds } = event
        reports.set(id, { id, uses, state: "ran", reason, key, seconds, outputs })
        break
      }
      case "StageFailed": {
        const { id, uses, key, reason, seconds, message } = event
        failures.push(event)
        reports.set(id, {
          id,
          uses,
          state: "failed",
          reason,
          key,
          seconds,
          outputs: {},
          error: {
            message,
            ...(event.hint === undefined ? {} : { hint: event.hint }),
            log: event.log
          }
        })
        break
      }
      case "StageSkipped": {
        const { id, uses, because } = event
        reports.set(id, {
          id,
          uses,
          state: "skipped",
          reason: because,
          key: null,
          seconds: 0,
          outputs: {}
        })
        break
      }
    }
  }
  return {
    add,
    run: () => run,
    failures: () => failures,
    stages: () => plan.decisions.flatMap(({ instance }) => reports.get(instance.id) ?? [])
  }
}
