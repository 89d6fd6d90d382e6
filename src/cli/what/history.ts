/** The runs of a store and what they made, each file of it read at most once. */
import { join } from "node:path"
import type { Digest } from "../../base/digest.ts"
import { originOf as executionOf, type Origin as Execution } from "../../plan/origin.ts"
import type { RunEvent } from "../../run/events.ts"
import type { ActionResult } from "../../store/action.ts"
import type { ManifestEntry, RunManifest, RunRecord } from "../../store/run-record.ts"
import type { Store } from "../../store/store.ts"
import { parseJson, readIfThere } from "../../store/structure.ts"

export interface History {
  readonly store: Store
  /** Newest first. */
  readonly runs: ReadonlyArray<RunRecord>
  readonly manifest: (run: RunRecord) => RunManifest | undefined
  /** In order; a line that a kill cut off is left out, and a log that is not there is empty. */
  readonly events: (run: RunRecord) => ReadonlyArray<RunEvent>
  /** The newest run that executed the action: later ones found it known. */
  readonly execution: (key: Digest) => Execution | undefined
}

export const openHistory = (store: Store): History => {
  let runs: ReadonlyArray<RunRecord> | undefined
  // Runs of one result share their manifest.
  const manifests = new Map<Digest, RunManifest | undefined>()
  const logs = new Map<string, ReadonlyArray<RunEvent>>()
  const executions = new Map<Digest, Execution | undefined>()
  return {
    store,
    get runs() {
      runs ??= store.runs.list()
      return runs
    },
    manifest: (run) => {
      const { manifest } = run
      if (manifest === undefined) return undefined
      if (!manifests.has(manifest)) manifests.set(manifest, store.runs.manifest(run))
      return manifests.get(manifest)
    },
    events: (run) => {
      const known = logs.get(run.name) ?? readEvents(store.runs.folder(run.name))
      logs.set(run.name, known)
      return known
    },
    execution: (key) => {
      if (!executions.has(key)) executions.set(key, executionOf(store, key))
      return executions.get(key)
    }
  }
}

const readEvents = (folder: string): ReadonlyArray<RunEvent> =>
  (readIfThere(join(folder, "events.jsonl")) ?? "").split("\n").flatMap((line) => {
    const event = parseJson(line)
    return event === undefined ? [] : [event as RunEvent]
  })

/** Where a value came from: the stage instance that made it, and the run that executed it. */
export interface Origin {
  readonly instance: string
  readonly uses: string
  readonly port?: string
  readonly key?: Digest
  /** The recipe and time; absent when gc or damage has removed it. */
  readonly action?: ActionResult
  /** The newest run that has it, or the one that was asked about. */
  readonly run: RunRecord
  /** When and why it was executed; absent when that run is no longer in the store. */
  readonly execution?: Execution
}

export interface Sought {
  readonly value?: Digest
  readonly key?: Digest
  readonly instance?: string
  /** Looked into before all others. */
  readonly run?: RunRecord
}

/** @returns undefined when no run in the store has such a value */
export const originOf = (history: History, sought: Sought): Origin | undefined => {
  const { runs, store } = history
  for (const run of sought.run === undefined ? runs : [sought.run, ...runs]) {
    for (const entry of history.manifest(run)?.instances ?? []) {
      const { id, key, uses } = entry
      if (sought.instance !== undefined && id !== sought.instance) continue
      if (sought.key !== undefined && key !== sought.key) continue
      const port = portOf(entry, sought.value)
      if (sought.value !== undefined && port === undefined) continue
      const about = { instance: id, uses, run, ...(port === undefined ? {} : { port }) }
      if (key === undefined) return about
      const [action, execution] = [store.actions.get(key), history.execution(key)]
      return {
        ...about,
        key,
        ...(action === undefined ? {} : { action }),
        ...(execution === undefined ? {} : { execution })
      }
    }
  }
  return undefined
}

const portOf = ({ outputs }: ManifestEntry, value: Digest | undefined): string | undefined =>
  Object.entries(outputs ?? {}).find(([, { digest }]) => digest === value)?.[0]
