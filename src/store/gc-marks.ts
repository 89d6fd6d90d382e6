/** What gc keeps, and since when everything is kept: the runs that count, and all that they reach. */
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { codeOf } from "./disk-problem.ts"
import { fileAt } from "./inventory.ts"
import { gcClaim, protectedKeysFile } from "./protection.ts"
import type { RunRecord } from "./run-record.ts"
import type { Store } from "./store.ts"
import { readIfThere } from "./structure.ts"
import { readValue } from "./values.ts"

export interface Marks {
  readonly runs: ReadonlySet<string>
  readonly keys: ReadonlySet<Digest>
  /** Those that are kept for their own sake; the blobs of kept actions come on top. */
  readonly blobs: Set<Digest>
  /** Whatever was written or renewed at this time or later is kept: a run that is going on may be about to name it. */
  readonly since: number
}

/**
 * @param keep how many finished runs to keep, the newest ones; runs that came to the same results count as one
 * @param latest everything younger than this is kept in any case
 */
export const markRoots = (store: Store, keep: number, latest: number): Marks => {
  const all = store.runs.list()
  const running = all.filter(({ state }) => state === "running")
  const newest = newestOf(
    all.filter(({ state }) => state !== "running"),
    keep
  )
  const pins = store.roots.pins().map(({ target }) => target)
  const named = new Set([
    ...store.roots.tags().map(({ run }) => run),
    ...pins.flatMap(({ run }) => run ?? [])
  ])
  const kept = new Set([...running, ...newest, ...all.filter(({ name }) => named.has(name))])
  const claims = store.claims.list().filter(({ living, key }) => living && key !== gcClaim)
  const marks = {
    runs: new Set([...kept].map(({ name }) => name)),
    keys: new Set<Digest>([
      ...claims.map(({ key }) => key),
      ...pins.flatMap(({ action }) => action ?? [])
    ]),
    blobs: new Set<Digest>()
  }
  for (const run of kept) markRun(store, run, marks)
  for (const { blob } of pins) if (blob !== undefined) markValue(store, blob, marks.blobs)
  const begun = running.map(
    ({ name }) => fileAt(join(store.runs.folder(name), "run.json"))?.modifiedMs
  )
  const going = [...begun.flatMap((at) => at ?? []), ...claims.map(({ at }) => at)]
  const since = Math.min(latest, ...going.map((at) => at - coarseMs))
  return { ...marks, since }
}

/** A hundred repeats of one run do not push out the experiment before it: they share a manifest. */
const newestOf = (runs: ReadonlyArray<RunRecord>, keep: number): ReadonlyArray<RunRecord> => {
  const counted = new Set<string>()
  return runs.filter(({ manifest, name }) => {
    const results = manifest ?? name
    if (!counted.has(results) && counted.size >= keep) return false
    counted.add(results)
    return true
  })
}

/** The times of files lag behind the clock, by milliseconds on most file systems, by two seconds on some. */
const coarseMs = 2000

/** By its manifest; without one (it goes on, or was killed), by what it said that it relies on and what it reported. */
const markRun = (
  store: Store,
  run: RunRecord,
  { keys, blobs }: { readonly keys: Set<Digest>; readonly blobs: Set<Digest> }
): void => {
  const manifest = store.runs.manifest(run)
  if (run.manifest !== undefined) blobs.add(run.manifest)
  if (manifest === undefined) {
    for (const key of reportedKeys(store, run.name)) keys.add(key)
    return
  }
  for (const { key, outputs } of manifest.instances) {
    if (key !== undefined) keys.add(key)
    // Usually the action names them too, but it may be lost or, after a forced run, have been replaced.
    for (const { digest } of Object.values(outputs ?? {})) {
      if (!blobs.has(digest)) markValue(store, digest, blobs)
    }
  }
}

const reportedKeys = (store: Store, name: string): ReadonlyArray<Digest> => {
  const folder = store.runs.folder(name)
  const said = readIfThere(join(folder, protectedKeysFile)) ?? ""
  const reported = readIfThere(join(folder, "events.jsonl")) ?? ""
  return [
    ...[...said.matchAll(/^[0-9a-f]{64}$/gm)].map(([key]) => key as Digest),
    ...[...reported.matchAll(/"key":"([0-9a-f]{64})"/g)].map(([, key]) => key as Digest)
  ]
}

/** Values are small records; whatever is larger is a file of a value, and names nothing. */
const largestRecord = 1 << 24

/** A blob, and, where it is the record of a value, that value's files. */
const markValue = (store: Store, digest: Digest, blobs: Set<Digest>): void => {
  blobs.add(digest)
  const file = fileAt(store.blobs.path(digest))
  if (file === undefined || file.sizeBytes > largestRecord) return
  for (const ref of Object.values(readRecord(store, digest)?.files ?? {})) blobs.add(ref.digest)
}

const readRecord = (store: Store, digest: Digest) => {
  try {
    return readValue(store.blobs.read(digest))
  } catch (error) {
    // Unreadable by permissions or a bad disk: then it is kept, and `store verify` is where it is reported.
    if (codeOf(error) !== undefined) return undefined
    throw error
  }
}
