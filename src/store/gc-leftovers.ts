/** What killed processes left behind: temporary files, dead claims, and blobs that an unfinished gc had moved aside. */
import { existsSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Digest } from "../base/digest.ts"
import { moveInto } from "./atomic-file.ts"
import { codeOf } from "./disk-problem.ts"
import { type Amount, bytesBelow, namesIn, nothing, plus } from "./inventory.ts"
import type { Layout } from "./layout.ts"
import { livenessOfToken } from "./liveness.ts"
import { gcClaim } from "./protection.ts"
import type { Store } from "./store.ts"

export interface Leftovers {
  readonly temporaries: Amount
  readonly claims: Amount
  /** Damaged blobs that `verify` set aside. */
  readonly quarantined: Amount
}

/** No process on another machine is asked whether it lives; a temporary file that old is nobody's. */
const abandonedMs = 24 * 3600_000

/**
 * @param latest damaged blobs that were set aside later are kept for a look
 */
export const sweepLeftovers = (store: Store, latest: number, dryRun: boolean): Leftovers => ({
  temporaries: sweepTemporaries(store.layout, dryRun),
  claims: sweepClaims(store, dryRun),
  quarantined: sweepQuarantine(store.layout, latest, dryRun)
})

export const sweepTemporaries = (layout: Layout, dryRun: boolean): Amount => {
  const inRoot = namesIn(layout.root).filter((name) => name.startsWith("store.json."))
  const abandoned = [
    ...inRoot.map((name) => [join(layout.root, name), name.slice("store.json.".length)] as const),
    ...namesIn(layout.temporary).map(
      (name) => [join(layout.temporary, name), name.split(".")[0] ?? ""] as const
    )
  ].filter(([path, token]) => isAbandoned(path, token))
  let freed = nothing
  for (const [path] of abandoned) {
    const home = homeOfCondemned(layout, path)
    if (home !== undefined && !existsSync(home)) {
      if (!dryRun) putBack(path, home)
      continue
    }
    freed = plus(freed, bytesBelow(path))
    if (!dryRun) rmSync(path, { recursive: true, force: true })
  }
  return freed
}

/** Each run sweeps too when it begins, so another process may have put it back already. */
const putBack = (path: string, home: string): void => {
  try {
    moveInto(path, home)
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error
  }
}

const isAbandoned = (path: string, token: string): boolean => {
  const liveness = livenessOfToken(token)
  if (liveness === "alive") return false
  if (liveness === "dead") return true
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats !== undefined && Date.now() - stats.mtimeMs > abandonedMs
}

/** A gc that was killed between moving a file aside and deciding on it; this one decides anew. */
const homeOfCondemned = (layout: Layout, path: string): string | undefined => {
  const match = /\.condemned-(blob|action|code)-([0-9a-f]{64})$/.exec(path)
  if (match === null) return undefined
  const digest = match[2] as Digest
  if (match[1] === "code") return join(layout.code, `${digest}.json`)
  return match[1] === "blob" ? layout.blob(digest) : layout.action(digest)
}

/** A dead claim is taken in the ordinary way and released, which leaves none; so no living claim can be hit. */
const sweepClaims = (store: Store, dryRun: boolean): Amount => {
  let freed = nothing
  const byKey = Map.groupBy(store.claims.list(), ({ key }) => key)
  for (const [key, files] of byKey) {
    const dead = files.filter(({ living }) => !living)
    if (key === gcClaim || dead.length === 0) continue
    for (const { path } of dead) freed = plus(freed, bytesBelow(path))
    if (dryRun || dead.length < files.length) continue
    const claim = store.claims.take(key)
    if (claim.held) claim.release()
  }
  return freed
}

const sweepQuarantine = (layout: Layout, latest: number, dryRun: boolean): Amount => {
  let freed = nothing
  for (const name of namesIn(layout.quarantine)) {
    const path = join(layout.quarantine, name)
    const stats = statSync(path, { throwIfNoEntry: false })
    if (stats === undefined || stats.mtimeMs >= latest) continue
    freed = plus(freed, stats.size)
    if (!dryRun) rmSync(path, { recursive: true, force: true })
  }
  return freed
}
