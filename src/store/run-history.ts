/** What happened in a run, read from its event log and manifest: the rows that the index keeps of it. */
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import { decodeValue } from "../values/codec.ts"
import type { InstanceState, RunManifest, RunRecord } from "./run-record.ts"
import type { Store } from "./store.ts"
import {
  isAddress,
  isRecord,
  isText,
  parseJson,
  readIfThere,
  type UnknownRecord
} from "./structure.ts"

/** One stage instance of one run. */
export interface StageRow {
  readonly id: string
  readonly uses: string
  readonly key?: Digest
  readonly state: InstanceState
  /** Of its own work, when it ran or failed. */
  readonly seconds?: number
  /** Why it ran, or why it was skipped. */
  readonly reason?: string
}

/** One number that a stage measured: a scalar of a value of type `Metrics`. */
export interface MetricRow {
  readonly id: string
  readonly port: string
  readonly name: string
  readonly value: number
}

/** By instance. What the log says comes first; the manifest fills in what a lost tail of the log would have said. */
export const stageRowsOf = (store: Store, run: RunRecord): ReadonlyArray<StageRow> => {
  const rows = new Map<string, StageRow>()
  for (const { id, uses, key } of store.runs.manifest(run)?.instances ?? []) {
    rows.set(id, {
      id,
      uses,
      ...(key === undefined ? { state: "skipped" } : { key, state: "known" })
    })
  }
  const log = readIfThere(join(store.runs.folder(run.name), "events.jsonl")) ?? ""
  for (const line of log.split("\n")) {
    const event = line === "" ? undefined : parseJson(line)
    const row = isRecord(event) ? rowOf(event) : undefined
    if (row !== undefined) rows.set(row.id, row)
  }
  return [...rows.values()]
}

const stateOfEvent: { readonly [tag: string]: InstanceState } = {
  StageKnown: "known",
  StageSucceeded: "ran",
  StageFailed: "failed",
  StageSkipped: "skipped"
}

const rowOf = ({
  _tag,
  id,
  uses,
  key,
  seconds,
  reason,
  because
}: UnknownRecord): StageRow | undefined => {
  const state = isText(_tag) ? stateOfEvent[_tag] : undefined
  if (state === undefined || !isText(id) || !isText(uses)) return undefined
  const why = reason ?? because
  return {
    id,
    uses,
    state,
    ...(isAddress(key) ? { key } : {}),
    ...(typeof seconds === "number" ? { seconds } : {}),
    ...(isText(why) ? { reason: why } : {})
  }
}

/** The scalars of all `Metrics` in a manifest; none for values that are lost or damaged. */
export const metricRowsOf = (
  store: Store,
  manifest: RunManifest | undefined
): ReadonlyArray<MetricRow> =>
  (manifest?.instances ?? []).flatMap(({ id, outputs }) =>
    Object.entries(outputs ?? {})
      .filter(([, { type }]) => type === "Metrics")
      .flatMap(([port, { digest }]) =>
        Object.entries(scalarsOf(store, digest)).map(([name, value]) => ({ id, port, name, value }))
      )
  )

const scalarsOf = (store: Store, digest: Digest): { readonly [name: string]: number } => {
  try {
    const stored = store.values.get(digest)
    const value = decodeValue(stored, (name) => store.blobs.read(stored.files[name]!.digest))
    return value.type === "Metrics" ? value.scalars : {}
  } catch (error) {
    if (error instanceof UserError) return {}
    throw error
  }
}
