/** What damaged blobs reach: the values made of them, the actions that gave these, and the runs that had them. */
import type { Digest } from "../base/digest.ts"
import type { ActionResult } from "./action.ts"
import type { RunRecord } from "./run-record.ts"
import type { Store } from "./store.ts"
import { readValue } from "./values.ts"

export interface Affected {
  /** Output values (of the actions below) that need the blob. */
  readonly values: ReadonlyArray<Digest>
  readonly actions: ReadonlyArray<{ readonly key: Digest; readonly uses: string }>
  /** By run, the ids of the stage instances; no instances when it is the run's own manifest. */
  readonly runs: ReadonlyArray<{ readonly run: string; readonly instances: ReadonlyArray<string> }>
}

/** @returns looks up one of the damaged blobs */
export const affectedBy = (
  store: Store,
  damaged: ReadonlySet<Digest>,
  actions: ReadonlyArray<ActionResult>,
  runs: ReadonlyArray<RunRecord>
): ((digest: Digest) => Affected) => {
  if (damaged.size === 0) return () => ({ values: [], actions: [], runs: [] })
  const hit = actions.filter(({ blobs, outputs }) =>
    [...blobs, ...Object.values(outputs).map(({ digest }) => digest)].some((d) => damaged.has(d))
  )
  const keys = new Set(hit.map(({ key }) => key))
  const manifests = runs.map((run) => ({
    run,
    instances: (store.runs.manifest(run)?.instances ?? []).filter(
      ({ key }) => key !== undefined && keys.has(key)
    )
  }))
  return (digest) => {
    const needing = hit.filter((action) => needs(action, digest))
    const needingKeys = new Set(needing.map(({ key }) => key))
    return {
      values: [...new Set(needing.flatMap((action) => valuesWith(store, action, digest, damaged)))],
      actions: needing.map(({ key, recipe }) => ({ key, uses: recipe.uses })),
      runs: manifests.flatMap(({ run, instances }) => {
        const ids = instances
          .filter(({ key }) => key !== undefined && needingKeys.has(key))
          .map(({ id }) => id)
        return ids.length === 0 && run.manifest !== digest
          ? []
          : [{ run: run.name, instances: ids }]
      })
    }
  }
}

const needs = ({ blobs, outputs }: ActionResult, digest: Digest) =>
  blobs.includes(digest) || Object.values(outputs).some((output) => output.digest === digest)

/** A value whose own record is damaged counts too: it may be the one that needs the blob. */
const valuesWith = (
  store: Store,
  { outputs }: ActionResult,
  digest: Digest,
  damaged: ReadonlySet<Digest>
): ReadonlyArray<Digest> =>
  Object.values(outputs)
    .map((output) => output.digest)
    .filter((value) => {
      if (value === digest || damaged.has(value)) return true
      const { files = {} } = readValue(store.blobs.read(value)) ?? {}
      return Object.values(files).some((file) => file.digest === digest)
    })
