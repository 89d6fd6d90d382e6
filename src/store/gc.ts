/**
 * Garbage collection: drops what no kept run, tag, pin or running process reaches.
 *
 * Others may use the store meanwhile. What they rely on survives because
 * 1. everything written or renewed in the last hour (the grace), or since the oldest run or claim that is still going on,
 *    is left alone, and putting a blob that is there already renews it;
 * 2. a run says which old results it relies on (`protection.ts`), and such keys are marked;
 * 3. a file is not just removed: it is moved aside, looked at once more, and put back if it was renewed in the
 *    meantime. A process that puts the blob in between finds none and writes it anew.
 *
 * What names things goes before what is named (runs, actions, blobs), so a gc that is killed leaves garbage, never a
 * result without its blobs.
 */
import { rmSync, statSync } from "node:fs"
import type { Digest } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import { readAction } from "./actions.ts"
import { diskNow, moveInto, temporaryName } from "./atomic-file.ts"
import { diskProblem } from "./disk-problem.ts"
import { type Leftovers, sweepLeftovers } from "./gc-leftovers.ts"
import { markRoots, type Marks } from "./gc-marks.ts"
import { sweepFiles } from "./gc-sweep.ts"
import { type Amount, bytesBelow, namesIn, nothing, plus } from "./inventory.ts"
import { gcClaim, markGc } from "./protection.ts"
import type { Store } from "./store.ts"
import { readIfThere } from "./structure.ts"

export interface GcOptions {
  /**
   * How many finished runs to keep, the newest ones; runs that came to the same results count as one, and those with a
   * tag or a pin are kept on top.
   */
  readonly keep: number
  readonly dryRun?: boolean
  /** What is younger is kept; an hour unless told. */
  readonly graceMs?: number
}

export interface GcReport {
  readonly dryRun: boolean
  readonly kept: { readonly [kind in "runs" | "actions" | "blobs" | "code"]: Amount }
  /** Removed, or to be removed by a gc that is no dry run. */
  readonly freed: { readonly [kind in "runs" | "actions" | "blobs" | "code"]: Amount } & Leftovers
  readonly freedBytes: number
  /** Blobs that nothing reaches, kept because they are young. */
  readonly young: Amount
  /** Names of the runs that were or would be removed. */
  readonly runs: ReadonlyArray<string>
}

const hourMs = 3600_000

/**
 * @throws UserError when another gc is at work, or the store may not be written
 */
export const collectGarbage = async (store: Store, options: GcOptions): Promise<GcReport> => {
  const { keep, dryRun = false, graceMs = hourMs } = options
  if (!Number.isSafeInteger(keep) || keep < 0) {
    throw new UserError(`gc keeps a whole number of runs, not ${keep}`, {
      hint: "such as --keep 20"
    })
  }
  if (dryRun) return sweep(store, keep, { begunAt: Date.now(), graceMs, dryRun })
  const claim = store.claims.take(gcClaim)
  if (!claim.held) {
    throw new UserError(`${claim.describe} is collecting garbage in ${store.root} already`, {
      hint: "wait until it is done",
      exitCode: 1
    })
  }
  try {
    markGc(store.layout)
    const report = await sweep(store, keep, { begunAt: diskNow(store.layout), graceMs, dryRun })
    markGc(store.layout)
    return report
  } catch (error) {
    throw diskProblem(error, { folder: store.root, what: "the result of gc" })
  } finally {
    claim.release()
  }
}

const sweep = async (
  store: Store,
  keep: number,
  { begunAt, graceMs, dryRun }: { begunAt: number; graceMs: number; dryRun: boolean }
): Promise<GcReport> => {
  const leftovers = sweepLeftovers(store, begunAt - graceMs, dryRun)
  const marks = markRoots(store, keep, begunAt - graceMs)
  const runs = sweepRuns(store, marks, begunAt, dryRun)
  const reached = { blobs: marks.blobs, code: new Set<Digest>() }
  const limits = { since: marks.since, dryRun }
  const actions = await sweepFiles(store, "action", limits, ({ digest: key, path, modifiedMs }) => {
    // A young one is kept whether it is reached or not, so its blobs have to stay as well.
    const text = marks.keys.has(key) || modifiedMs >= marks.since ? readIfThere(path) : undefined
    const action = text === undefined ? undefined : readAction(text, key)
    if (action === undefined) return false
    for (const digest of action.blobs) reached.blobs.add(digest)
    for (const { digest } of Object.values(action.outputs)) reached.blobs.add(digest)
    reached.code.add(action.recipe.code)
    return true
  })
  const code = await sweepFiles(store, "code", limits, ({ digest }) => reached.code.has(digest))
  const blobs = await sweepFiles(store, "blob", limits, ({ digest }) => reached.blobs.has(digest))
  const freed = {
    runs: runs.freed,
    actions: actions.freed,
    blobs: blobs.freed,
    code: code.freed,
    ...leftovers
  }
  return {
    dryRun,
    kept: { runs: runs.kept, actions: actions.kept, blobs: blobs.kept, code: code.kept },
    freed,
    freedBytes: Object.values(freed).reduce((sum, { bytes }) => sum + bytes, 0),
    young: blobs.young,
    runs: runs.names
  }
}

const sweepRuns = (store: Store, marks: Marks, begunAt: number, dryRun: boolean) => {
  let [kept, freed] = [nothing, nothing]
  const names: Array<string> = []
  const readable = new Set(store.runs.list().map(({ name }) => name))
  for (const name of namesIn(store.layout.runs)) {
    const folder = store.runs.folder(name)
    const bytes = bytesBelow(folder)
    const modifiedMs = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0
    // A run that began since the marking is not marked, but young; one without a readable summary may be somebody's.
    const isYoung = modifiedMs >= (readable.has(name) ? begunAt : marks.since)
    if (marks.runs.has(name) || isYoung) {
      kept = plus(kept, bytes)
      continue
    }
    freed = plus(freed, bytes)
    names.push(name)
    if (!dryRun) removeFolder(store, folder)
  }
  return { kept, freed, names }
}

/** Renamed first: half a run must not be seen. */
const removeFolder = (store: Store, folder: string): void => {
  const aside = temporaryName(store.layout)
  moveInto(folder, aside)
  rmSync(aside, { recursive: true, force: true })
}
