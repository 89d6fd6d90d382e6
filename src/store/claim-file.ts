/** The files of `claims/`: who made them, and whether they still count. */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { type Digest, isDigest } from "../base/digest.ts"
import { diskNow } from "./atomic-file.ts"
import { codeOf } from "./disk-problem.ts"
import type { Layout } from "./layout.ts"
import { livenessOf, type ProcessIdentity, readIdentity } from "./liveness.ts"
import { isRecord, parseJson } from "./structure.ts"

export interface ClaimFile {
  readonly key: Digest
  readonly generation: number
  readonly path: string
  readonly living: boolean
  /** Milliseconds since the epoch, by the holder's clock. */
  readonly at: number
  readonly holder: ProcessIdentity | undefined
}

/** Another machine that let six heartbeats pass is taken for dead. */
const silentMs = 60_000
/**
 * Where there are no hard links, a claim is empty for the moment between being made and being written; one that stays empty
 * was left by a kill.
 */
const emptyMs = 10_000

/** All claims, or those on one key; without the one at `except`. */
export const claimFiles = (
  layout: Layout,
  key?: Digest,
  except?: string
): ReadonlyArray<ClaimFile> => {
  let names: ReadonlyArray<string>
  try {
    names = readdirSync(layout.claims)
  } catch (error) {
    if (codeOf(error) === "ENOENT") return []
    throw error
  }
  return names.flatMap((name) => {
    const [owner = "", generation = ""] = name.split(".")
    if (!isDigest(owner) || !/^\d+$/.test(generation) || (key !== undefined && owner !== key))
      return []
    if (except !== undefined && join(layout.claims, name) === except) return []
    const claim = readClaim(layout, owner, Number(generation))
    return claim === undefined ? [] : [claim]
  })
}

/** `undefined` when it was released in the meantime. */
const readClaim = (layout: Layout, key: Digest, generation: number): ClaimFile | undefined => {
  const path = join(layout.claims, `${key}.${generation}`)
  try {
    const content = parseJson(readFileSync(path, "utf8"))
    const holder = readIdentity(content)
    const { at } = isRecord(content) ? content : {}
    const state = holder === undefined ? "empty" : livenessOf(holder)
    return {
      key,
      generation,
      path,
      holder,
      living:
        state === "alive" ||
        (state === "elsewhere" && silenceMs(layout, path) < silentMs) ||
        (state === "empty" && silenceMs(layout, path) < emptyMs),
      at: typeof at === "string" ? Date.parse(at) : statSync(path).mtimeMs
    }
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined
    throw error
  }
}

const silenceMs = (layout: Layout, path: string): number => diskNow(layout) - statSync(path).mtimeMs
