/** What happens in a run, in order: the one stream that the display, the log file, the index and `--json` read. */
import type { Digest } from "../base/digest.ts"
import type { ActionOutput } from "../store/action.ts"
import type { RunState } from "../store/run-record.ts"

interface At {
  /** Milliseconds since the epoch. */
  readonly at: number
}

export type RunEvent = At &
  (
    | {
        readonly _tag: "RunStarted"
        readonly run: string
        readonly pipeline: string
        /** Stage instances, each one with its parts. */
        readonly total: number
        /** Parts beside them; absent when there are none. */
        readonly parts?: number
        readonly jobs: number
      }
    /** Its result is in the store: nothing to do. `early` when that was found out during the run (early cutoff). */
    | {
        readonly _tag: "StageKnown"
        readonly id: string
        readonly uses: string
        readonly key: Digest
        readonly early: boolean
        readonly outputs: { readonly [port: string]: ActionOutput }
      }
    | {
        readonly _tag: "StageStarted"
        readonly id: string
        readonly uses: string
        readonly key: Digest
        readonly reason: string
        readonly worker: number
        readonly log: string
      }
    /** Another process computes the same action; this run waits for its result. */
    | {
        readonly _tag: "StageAwaited"
        readonly id: string
        readonly uses: string
        readonly key: Digest
        readonly holder: string
      }
    | {
        readonly _tag: "StageProgress"
        readonly id: string
        readonly done: number
        readonly total: number
        readonly unit: string
      }
    | {
        readonly _tag: "StageSucceeded"
        readonly id: string
        readonly uses: string
        readonly key: Digest
        readonly reason: string
        readonly seconds: number
        readonly outputs: { readonly [port: string]: ActionOutput }
      }
    | {
        readonly _tag: "StageFailed"
        readonly id: string
        readonly uses: string
        readonly key: Digest
        readonly reason: string
        readonly seconds: number
        readonly message: string
        readonly hint?: string
        /** The last lines of the stage's log, and where the whole of it is; empty where nothing was written. */
        readonly lastLines: ReadonlyArray<string>
        readonly log: string
      }
    /** Not run, because an instance that it needs failed, or because the run stopped. */
    | {
        readonly _tag: "StageSkipped"
        readonly id: string
        readonly uses: string
        readonly because: string
      }
    | {
        readonly _tag: "RunFinished"
        readonly run: string
        readonly state: RunState
        readonly seconds: number
      }
  )
