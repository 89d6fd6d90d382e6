/**
 * The store: a folder that remembers results by content. The only room that writes below the store's folder.
 *
 * It knows bytes, digests and small JSON records; it does not know what a tensor or a pipeline is. Any number of
 * processes may use one store at once, each may be killed at any moment, and what is left then is at most a temporary
 * file and a claim that the next process sees through. Opening reads two small files and never touches SQLite.
 *
 *     store.json            says that this is a store, and its version
 *     cas/sha256/ab/cd…     blobs, read-only                          blobs.ts, values.ts
 *     actions/ab/cd….json   results of executed stages by key         actions.ts
 *     code/….json           what code fingerprints were made of       code.ts
 *     claims/               who computes what right now               claims.ts
 *     runs/NAME/            summary, event log and logs of each run   runs.ts
 *     roots/                tags and pins                             roots.ts
 *     index.sqlite          made from the above, for questions        index-db.ts
 *     cache/, tmp/, quarantine/
 */
import { join, resolve } from "node:path"
import { type Actions, openActions } from "./actions.ts"
import { type Blobs, openBlobs } from "./blobs.ts"
import { type Claims, openClaims } from "./claims.ts"
import { type Code, openCode } from "./code.ts"
import { type Layout, openLayout } from "./layout.ts"
import { openProtection } from "./protection.ts"
import { openRoots, type Roots } from "./roots.ts"
import { openRuns, type Runs } from "./runs.ts"
import { isRecord, isText, parseJson, readIfThere } from "./structure.ts"
import { openValues, type Values } from "./values.ts"

export interface Store {
  /** Absolute. */
  readonly root: string
  readonly layout: Layout
  readonly blobs: Blobs
  readonly values: Values
  readonly actions: Actions
  readonly code: Code
  readonly claims: Claims
  readonly runs: Runs
  readonly roots: Roots
}

/**
 * @param options.create whether to make a folder that is not there yet into a store (the default). Without, it reads as
 *   an empty store and is made by the first thing written.
 * @throws UserError when the folder holds something else, a store of a newer version, or may not be read or made
 */
export const openStore = (root: string, options: { readonly create?: boolean } = {}): Store => {
  const layout = openLayout(resolve(root))
  if (options.create !== false) layout.create()
  const blobs = openBlobs(layout)
  const actions = openActions(layout)
  const protection = openProtection(layout, actions, blobs)
  return {
    root: layout.root,
    layout,
    blobs,
    actions,
    values: openValues(blobs),
    code: openCode(layout),
    claims: openClaims(layout),
    runs: openRuns(layout, blobs, protection, (tag) => runOfTag(layout, tag)),
    roots: openRoots(layout)
  }
}

const runOfTag = (layout: Layout, tag: string): string | undefined => {
  if (!/^[\w.-]+$/.test(tag)) return undefined
  const text = readIfThere(join(layout.tags, `${tag}.json`))
  const content = text === undefined ? undefined : parseJson(text)
  const run = isRecord(content) ? content["run"] : undefined
  return isText(run) ? run : undefined
}
