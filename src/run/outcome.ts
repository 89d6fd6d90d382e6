/** What a run came to: the record and manifest that the store keeps, and the files that were laid out for people. */
import type { Digest } from "../base/digest.ts"
import { ownerOf } from "../plan/instance-name.ts"
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

/**
 * An instance is counted once, with its parts: as failed when one of them failed, as run when one of them ran.
 *
 * @param outcomes parts before their instance, as in a pipeline
 */
export const countsOf = (outcomes: ReadonlyArray<InstanceOutcome>): RunRecord["counts"] => {
  const counts = { known: 0, ran: 0, failed: 0, skipped: 0 }
  /** Of the parts of each instance that has not come yet. */
  const split = new Map<string, InstanceState>()
  let [parts, partsRan] = [0, 0]
  for (const { id, state } of outcomes) {
    const owner = ownerOf(id)
    const whole = split.size === 0 ? state : worse(split.get(owner), state)
    if (owner === id) {
      counts[whole] += 1
      if (split.size > 0) split.delete(id)
      continue
    }
    split.set(owner, whole)
    parts += 1
    if (state === "ran") partsRan += 1
  }
  for (const state of split.values()) counts[state] += 1
  const { failed, known, ran, skipped } = counts
  return {
    total: known + ran + failed + skipped,
    ...counts,
    ...(parts === 0 ? {} : { parts, partsRan })
  }
}

const byWeight: ReadonlyArray<InstanceState> = ["known", "ran", "skipped", "failed"]

/** What one of several comes to as a whole. */
export const worse = (a: InstanceState | undefined, b: InstanceState): InstanceState =>
  a !== undefined && byWeight.indexOf(a) > byWeight.indexOf(b) ? a : b
