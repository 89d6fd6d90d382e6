/** How much of what is in a store. */
import type { Digest } from "../base/digest.ts"
import { readAction } from "./actions.ts"
import {
  actionFiles,
  type Amount,
  blobFiles,
  bytesBelow,
  codeFiles,
  namesIn,
  nothing,
  plus
} from "./inventory.ts"
import type { Layout } from "./layout.ts"
import type { Store } from "./store.ts"
import { readIfThere } from "./structure.ts"
import { readValue } from "./values.ts"

export interface StoreStats {
  readonly bytes: number
  readonly kinds: {
    readonly [
      kind in
        | "blobs"
        | "actions"
        | "code"
        | "runs"
        | "cache"
        | "index"
        | "temporaries"
        | "quarantined"
    ]: Amount
  }
  /** Bytes that would lie in the store on top if each action kept its own copy of its blobs. */
  readonly savedBytes: number
  /** Largest first; `uses` are the stages that gave them, none for manifests and for garbage. */
  readonly biggest: ReadonlyArray<{
    readonly digest: Digest
    readonly bytes: number
    readonly uses: ReadonlyArray<string>
  }>
  /** By name of type, largest first: values that actions gave, and their blobs, each counted once within its type. */
  readonly types: ReadonlyArray<Amount & { readonly type: string }>
  readonly claims: number
  readonly tags: number
  readonly pins: number
}

const shown = 10

export const storeStats = (store: Store): StoreStats => {
  const { layout } = store
  const sizes = new Map([...blobFiles(layout)].map(({ digest, sizeBytes }) => [digest, sizeBytes]))
  const biggest = [...sizes].toSorted(([, a], [, b]) => b - a).slice(0, shown)
  const usesOf = new Map(biggest.map(([digest]) => [digest, new Set<string>()]))
  const types = new Map<string, { readonly values: Set<Digest>; readonly blobs: Set<Digest> }>()
  let [actions, referredBytes] = [nothing, 0]
  const referred = new Set<Digest>()
  for (const { digest: key, path, sizeBytes } of actionFiles(layout)) {
    actions = plus(actions, sizeBytes)
    const action = readAction(readIfThere(path) ?? "", key)
    if (action === undefined) continue
    for (const digest of action.blobs) {
      usesOf.get(digest)?.add(action.recipe.uses)
      referred.add(digest)
      referredBytes += sizes.get(digest) ?? 0
    }
    const outputs = Object.values(action.outputs)
    for (const { digest, type } of outputs) {
      const name = /^\w*/.exec(type)?.[0] ?? type
      const found = types.get(name) ?? { values: new Set(), blobs: new Set() }
      types.set(name, found)
      found.values.add(digest)
      // Which of its blobs belong to which output is in the value's record; with one output there is no question.
      const blobs = outputs.length === 1 ? action.blobs : blobsOf(store, digest, sizes)
      for (const blob of blobs) found.blobs.add(blob)
    }
  }
  const sum = (digests: Iterable<Digest>) =>
    [...digests].reduce((bytes, digest) => bytes + (sizes.get(digest) ?? 0), 0)
  const kinds = {
    blobs: { count: sizes.size, bytes: sum(sizes.keys()) },
    actions,
    code: [...codeFiles(layout)].reduce((amount, file) => plus(amount, file.sizeBytes), nothing),
    runs: entriesOf(layout.runs),
    cache: entriesOf(layout.cache),
    index: indexOf(layout),
    temporaries: entriesOf(layout.temporary),
    quarantined: entriesOf(layout.quarantine)
  }
  return {
    bytes: Object.values(kinds).reduce((total, { bytes }) => total + bytes, 0),
    kinds,
    savedBytes: referredBytes - sum(referred),
    biggest: biggest.map(([digest, bytes]) => ({
      digest,
      bytes,
      uses: [...(usesOf.get(digest) ?? [])]
    })),
    types: [...types]
      .map(([type, { values, blobs }]) => ({ type, count: values.size, bytes: sum(blobs) }))
      .toSorted((a, b) => b.bytes - a.bytes),
    claims: store.claims.list().length,
    tags: store.roots.tags().length,
    pins: store.roots.pins().length
  }
}

const blobsOf = (
  store: Store,
  value: Digest,
  there: ReadonlyMap<Digest, number>
): ReadonlyArray<Digest> =>
  there.has(value)
    ? [
        value,
        ...Object.values(readValue(store.blobs.read(value))?.files ?? {}).map(
          ({ digest }) => digest
        )
      ]
    : [value]

const entriesOf = (folder: string): Amount =>
  namesIn(folder).reduce((amount, name) => plus(amount, bytesBelow(`${folder}/${name}`)), nothing)

const indexOf = (layout: Layout): Amount =>
  ["", "-wal", "-shm"].reduce((amount, ending) => {
    const bytes = bytesBelow(layout.index + ending)
    return bytes === 0 ? amount : plus(amount, bytes)
  }, nothing)
