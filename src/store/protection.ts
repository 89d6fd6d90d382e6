/**
 * How a run and gc keep out of each other's way.
 *
 * A run writes the keys that it relies on into its folder and only then asks whether gc is at work. gc takes its claim
 * and only then reads the folders of runs. So either gc sees the keys and spares them, or the run sees gc, waits for it
 * to end, and looks whether its results are still there. A gc that began and ended between the opening of the store and
 * that moment is noticed by the mark that each gc leaves.
 */
import { randomBytes } from "node:crypto"
import { appendFileSync, existsSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { type Digest, digestOf } from "../base/digest.ts"
import type { Actions } from "./actions.ts"
import { writeFileAtomic } from "./atomic-file.ts"
import type { Blobs } from "./blobs.ts"
import { claimFiles } from "./claim-file.ts"
import type { Layout } from "./layout.ts"
import { readIfThere } from "./structure.ts"

/** Of the claim that gc holds while it works. */
export const gcClaim: Digest = digestOf("lock", ["gc"])

/** In the folder of a run that is going on: a key a line. */
export const protectedKeysFile = "keys"

const markPath = (layout: Layout) => join(layout.root, "gc.json")

/** Different after each gc, and after the beginning of one. */
export const markGc = (layout: Layout): void =>
  writeFileAtomic(
    layout,
    markPath(layout),
    `${JSON.stringify({ version: 1, at: new Date().toISOString(), nonce: randomBytes(8).toString("hex") })}\n`,
    "the mark of gc"
  )

export interface Protection {
  /**
   * @returns the keys whose results are not there any more, once it is certain that gc will spare the others
   */
  readonly protect: (runFolder: string, keys: Iterable<Digest>) => Promise<ReadonlyArray<Digest>>
}

const askAgainMs = 20

/** To be opened before anything is read from the store. */
export const openProtection = (layout: Layout, actions: Actions, blobs: Blobs): Protection => {
  const atOpening = readIfThere(markPath(layout))
  const isWhole = (key: Digest) => {
    const action = actions.get(key)
    return action !== undefined && action.blobs.every((digest) => existsSync(blobs.path(digest)))
  }
  return {
    protect: async (runFolder, keys) => {
      const list = [...keys]
      appendFileSync(join(runFolder, protectedKeysFile), list.map((key) => `${key}\n`).join(""))
      // A claim of a gc that was killed counts too: it may have removed things, and left no second mark.
      let disturbed = false
      for (;;) {
        const claims = claimFiles(layout, gcClaim)
        disturbed ||= claims.length > 0
        if (!claims.some((claim) => claim.living)) break
        await sleep(askAgainMs)
      }
      disturbed ||= readIfThere(markPath(layout)) !== atOpening
      return disturbed ? list.filter((key) => !isWhole(key)) : []
    }
  }
}
