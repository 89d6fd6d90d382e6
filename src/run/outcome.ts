/** What a run came to: the record and manifest that the store keeps, and the files that were laid out for people. */
import type { Digest } from "../base/digest.ts"
import type { ActionOutput } from "../store/action.ts"
import type { InstanceState, RunManifest, RunRecord } from "../store/run-record.ts"

export interface RunOutcome {
  readonly record: RunRecord
  readonly manifest: RunManifest
  readonly results: ReadonlyArray<ResultFile>
  /** Things that the user should know though nothing failed, such as a file that was not overwritten. */
  readonly notices: ReadonlyArray<string>
}

export interface ResultFile {
  /** Absolute. */
  readonly path: string
  /** The instance that it comes from. */
  readonly instance: string
}

/** What became of one instance. */
export interface InstanceOutcome {
  readonly id: string
  readonly uses: string
  readonly state: InstanceState
  /** Absent when the instance was skipped before its inputs were known. */
  readonly key?: Digest
  readonly outputs?: { readonly [port: string]: ActionOutput }
  /** Of the stage's own work, when it ran. */
  readonly seconds?: number
}

export const manifestOf = (outcomes: ReadonlyArray<InstanceOutcome>): RunManifest => ({
  version: 1,
  instances: outcomes.map(({ id, key, outputs, uses }) => ({
    id,
    uses,
    ...(key === undefined ? {} : { key }),
    ...(outputs === undefined ? {} : { outputs })
  }))
})

export const countsOf = (outcomes: ReadonlyArray<InstanceOutcome>): RunRecord["counts"] => {
  const counts = { known: 0, ran: 0, failed: 0, skipped: 0 }
  for (const { state } of outcomes) counts[state] += 1
  return { total: outcomes.length, ...counts }
}
