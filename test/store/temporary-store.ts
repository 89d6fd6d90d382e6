/** Stores for tests: in a folder that goes when the test ends, filled with plausible results. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { onTestFinished } from "vitest"
import { type Digest, digestOf, sha256 } from "../../src/base/digest.ts"
import { canonicalJson, type JsonObject } from "../../src/base/json.ts"
import type { ActionResult, Recipe } from "../../src/store/action.ts"
import type { ManifestEntry, RunManifest, RunRecord } from "../../src/store/run-record.ts"
import type { RunStart } from "../../src/store/runs.ts"
import { openStore, type Store } from "../../src/store/store.ts"

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "ablate-store-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const temporaryStore = (): Store => openStore(join(temporaryFolder(), "artifacts"))

export const recipeOf = (uses: string, params: JsonObject = {}): Recipe => ({
  uses,
  params,
  code: sha256(`code of ${uses}`),
  inputs: {},
  files: {},
  numerics: "v8@13"
})

export const keyOf = (recipe: Recipe): Digest => digestOf("action", [canonicalJson(recipe)])

/** Puts a value with one file of these bytes, and describes the action that gave it without committing it. */
export const makeAction = async (
  store: Store,
  recipe: Recipe,
  bytes: Uint8Array | string,
  seconds = 1
): Promise<ActionResult> => {
  const data = typeof bytes === "string" ? Buffer.from(bytes) : bytes
  const { output, blobs } = await store.values.put({ type: "File", meta: {}, files: { data } })
  return { version: 1, key: keyOf(recipe), recipe, outputs: { out: output }, blobs, seconds }
}

export const commitAction = async (
  store: Store,
  uses: string,
  params: JsonObject = {},
  bytes: Uint8Array | string = `${uses} ${canonicalJson(params)}`
): Promise<ActionResult> => {
  const action = await makeAction(store, recipeOf(uses, params), bytes)
  await store.actions.putAll([action])
  return action
}

let clock = Date.UTC(2026, 0, 1)

/** Starts one second after the run before it. */
export const runStart = (over: Partial<RunStart> = {}): RunStart => ({
  pipeline: "demo",
  file: "pipelines/demo.yaml",
  set: [],
  params: {},
  startedAt: new Date((clock += 1000)).toISOString(),
  state: "running",
  counts: { total: 0, known: 0, ran: 0, failed: 0, skipped: 0 },
  ...over
})

const entryOf = (id: string, action: ActionResult): ManifestEntry => ({
  id,
  uses: action.recipe.uses,
  key: action.key,
  outputs: action.outputs
})

export const manifestOf = (actions: { readonly [id: string]: ActionResult }): RunManifest => ({
  version: 1,
  instances: Object.entries(actions).map(([id, action]) => entryOf(id, action))
})

/** A run in which these instances ran, or (`known`) were all known. */
export const finishedRun = async (
  store: Store,
  actions: { readonly [id: string]: ActionResult },
  over: Partial<RunStart> & { readonly known?: boolean } = {}
): Promise<RunRecord> => {
  const { known = false, ...start } = over
  const run = store.runs.create(runStart(start))
  for (const [id, { key, recipe, outputs, seconds }] of Object.entries(actions)) {
    const happened = { at: 0, id, uses: recipe.uses, key, outputs }
    run.append(
      known
        ? { _tag: "StageKnown", early: false, ...happened }
        : { _tag: "StageSucceeded", reason: "new", seconds, ...happened }
    )
  }
  const total = Object.keys(actions).length
  return run.finish({
    state: "done",
    finishedAt: start.startedAt ?? new Date(clock + 500).toISOString(),
    counts: { total, known: known ? total : 0, ran: known ? 0 : total, failed: 0, skipped: 0 },
    manifest: manifestOf(actions)
  })
}
