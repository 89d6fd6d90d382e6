/**
 * Verification: re-hashes every blob, reads every action, value and run, and says what damage reaches.
 *
 * A damaged blob is moved to `quarantine/`. That is the repair as well: with the blob gone, the results that need it are
 * not known any more, and the next run of their pipelines makes them again.
 */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { type Digest, digestOf } from "../base/digest.ts"
import { canonicalJson } from "../base/json.ts"
import type { ActionResult } from "./action.ts"
import { readAction } from "./actions.ts"
import { moveInto } from "./atomic-file.ts"
import { hashFile } from "./chunks.ts"
import { codeOf } from "./disk-problem.ts"
import {
  actionFiles,
  type Amount,
  blobFiles,
  breathe,
  namesIn,
  plus,
  nothing,
  strangers
} from "./inventory.ts"
import type { RunRecord } from "./run-record.ts"
import type { Store } from "./store.ts"
import { readIfThere } from "./structure.ts"
import { affectedBy, type Affected } from "./verify-affected.ts"
import { readValue } from "./values.ts"

export interface VerifyOptions {
  readonly onProgress?: (done: { readonly bytes: number; readonly totalBytes: number }) => void
  /** Stops between two blobs; the report then covers what was looked at. */
  readonly signal?: AbortSignal
}

interface Found {
  readonly digest: Digest
  /** `corrupt`: its bytes have another digest; `missing`: something names it; `unreadable`: the disk did not give it. */
  readonly problem: "corrupt" | "missing" | "unreadable"
  /** Where a corrupt blob lies now, relative to the store. */
  readonly quarantined?: string
}

export type Damage = Found & Affected

export interface VerifyReport {
  readonly blobs: Amount
  readonly actions: number
  readonly values: number
  readonly runs: number
  readonly damaged: ReadonlyArray<Damage>
  /** Actions whose file is no action result or whose recipe has another key; removed. */
  readonly brokenActions: ReadonlyArray<Digest>
  /** Outputs of actions that are no value record, though their bytes are what they should be. */
  readonly brokenValues: ReadonlyArray<Digest>
  /** Run folders without a readable summary. */
  readonly brokenRuns: ReadonlyArray<string>
  /** Files below `cas/` that no store makes, relative to it. */
  readonly strangers: ReadonlyArray<string>
  readonly clean: boolean
}

export const verifyStore = async (
  store: Store,
  options: VerifyOptions = {}
): Promise<VerifyReport> => {
  const { blobs, corrupt, unreadable } = await checkBlobs(store, options)
  const { readable, brokenActions } = checkActions(store)
  const quarantined = corrupt.flatMap((digest) => {
    const place = quarantine(store, digest)
    return place === undefined ? [] : [[digest, place] as const]
  })
  const runs = store.runs.list()
  const { actions, missing } = checkPresence(store, readable, runs)
  const bad = new Map<Digest, Found>([
    ...missing.map((digest) => [digest, { digest, problem: "missing" }] as const),
    ...unreadable.map((digest) => [digest, { digest, problem: "unreadable" }] as const),
    ...quarantined.map(
      ([digest, place]) => [digest, { digest, problem: "corrupt", quarantined: place }] as const
    )
  ])
  const affected = affectedBy(store, new Set(bad.keys()), actions, runs)
  const { values, brokenValues } = checkValues(store, actions, bad)
  const names = new Set(runs.map(({ name }) => name))
  const findings = {
    damaged: [...bad.values()].map((found) => Object.assign(affected(found.digest), found)),
    brokenActions,
    brokenValues,
    brokenRuns: namesIn(store.layout.runs).filter((name) => !names.has(name)),
    strangers: strangers(store.layout)
  }
  return {
    blobs,
    actions: actions.length,
    values,
    runs: runs.length,
    ...findings,
    clean: Object.values(findings).every((list) => list.length === 0)
  }
}

/** So much is hashed between two reports of progress. */
const reportEveryBytes = 1 << 25

const checkBlobs = async (store: Store, { onProgress, signal }: VerifyOptions) => {
  const files = [...blobFiles(store.layout)]
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const [corrupt, unreadable]: [Array<Digest>, Array<Digest>] = [[], []]
  let [blobs, reported] = [nothing, 0]
  for (const [index, { digest, path, sizeBytes }] of files.entries()) {
    if (signal?.aborted === true) break
    try {
      const found = await hashFile(path, sizeBytes)
      if (found !== digest) corrupt.push(digest)
    } catch (error) {
      if (codeOf(error) === "ENOENT") continue
      if (codeOf(error) !== "EIO" && codeOf(error) !== "EACCES") throw error
      unreadable.push(digest)
    }
    blobs = plus(blobs, sizeBytes)
    if (index % 64 === 0) await breathe()
    if (blobs.bytes - reported >= reportEveryBytes) {
      reported = blobs.bytes
      onProgress?.({ bytes: blobs.bytes, totalBytes })
    }
  }
  onProgress?.({ bytes: blobs.bytes, totalBytes })
  return { blobs, corrupt, unreadable }
}

/** `undefined` when gc, or another verify, was quicker. */
const quarantine = (store: Store, digest: Digest): string | undefined => {
  const place = join(store.layout.quarantine, digest)
  try {
    moveInto(store.blobs.path(digest), place)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined
    throw error
  }
  return `quarantine/${digest}`
}

const checkActions = (store: Store) => {
  const actions: Array<ActionResult> = []
  const brokenActions: Array<Digest> = []
  for (const { digest, path } of actionFiles(store.layout)) {
    const text = readIfThere(path)
    if (text === undefined) continue
    const action = readAction(text, digest)
    if (action !== undefined && digestOf("action", [canonicalJson(action.recipe)]) === digest) {
      actions.push(action)
    } else {
      brokenActions.push(digest)
      store.actions.remove(digest)
    }
  }
  return { readable: actions, brokenActions }
}

/** An action that gc removed since it was read may miss its blobs without harm. */
const checkPresence = (
  store: Store,
  readable: ReadonlyArray<ActionResult>,
  runs: ReadonlyArray<RunRecord>
) => {
  const missingOf = (actions: ReadonlyArray<ActionResult>) =>
    store.blobs.missing([
      ...actions.flatMap((action) => [...action.blobs, ...outputsOf(action)]),
      ...runs.flatMap(({ name, manifest }) =>
        manifest !== undefined && existsSync(store.runs.folder(name)) ? manifest : []
      )
    ])
  if (missingOf(readable).length === 0) return { actions: readable, missing: [] }
  const actions = readable.filter(({ key }) => existsSync(store.layout.action(key)))
  return { actions, missing: missingOf(actions) }
}

const outputsOf = ({ outputs }: ActionResult) => Object.values(outputs).map(({ digest }) => digest)

/** A value's record must be one, and its files must be among the blobs that the action says it needs. */
const checkValues = (
  store: Store,
  actions: ReadonlyArray<ActionResult>,
  bad: ReadonlyMap<Digest, unknown>
) => {
  const checked = new Map<Digest, boolean>()
  for (const action of actions) {
    const needed = new Set(action.blobs)
    for (const digest of outputsOf(action)) {
      if (bad.has(digest) || checked.has(digest) || !store.blobs.has(digest)) continue
      const value = readValue(store.blobs.read(digest))
      const files = Object.values(value?.files ?? {})
      checked.set(digest, value !== undefined && files.every((file) => needed.has(file.digest)))
    }
  }
  const brokenValues = [...checked].filter(([, sound]) => !sound).map(([digest]) => digest)
  return { values: checked.size, brokenValues }
}
