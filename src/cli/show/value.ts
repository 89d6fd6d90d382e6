/** What is known of one value: what it is, how it was made, and whether it is still there. */
import type { Digest } from "../../base/digest.ts"
import type { JsonObject } from "../../base/json.ts"
import { summarise, type Summary } from "../../report/value/summary.ts"
import { readValue } from "../../run/read-value.ts"
import type { ActionOutput } from "../../store/action.ts"
import type { Value } from "../../values/values.ts"
import { type History, type Origin, originOf, type Sought } from "../what/history.ts"

export interface Made {
  readonly instance: string
  readonly port?: string
  readonly uses: string
  readonly key?: Digest
  readonly pipeline: string
  readonly file: string
  readonly params?: JsonObject
  /** Of the stage's own work. */
  readonly seconds?: number
  /** The run that executed the stage, when (ISO 8601, UTC) and why; absent when that run is no longer in the store. */
  readonly run?: string
  readonly at?: string
  readonly reason?: string
}

export interface ValueReport {
  readonly digest: Digest
  readonly type: string
  /** Whether all that it needs is in the store. */
  readonly present: boolean
  readonly files: ReadonlyArray<{
    readonly name: string
    readonly digest: Digest
    readonly sizeBytes: number
    readonly path: string
  }>
  readonly made?: Made
  /** Absent when it is not in the store. */
  readonly summary?: Summary
}

export interface LoadedValue {
  readonly report: ValueReport
  readonly value?: Value
}

/** @throws UserError when its bytes in the store are damaged */
export const loadValue = (history: History, output: ActionOutput, sought: Sought): LoadedValue => {
  const { store } = history
  const origin = originOf(history, { ...sought, value: output.digest })
  const made = origin === undefined ? undefined : madeOf(origin)
  const about = { ...output, ...(made === undefined ? {} : { made }) }
  if (!store.blobs.has(output.digest)) return { report: { ...about, present: false, files: [] } }
  const stored = store.values.get(output.digest)
  const files = Object.entries(stored.files).map(([name, { digest, sizeBytes }]) => ({
    name,
    digest,
    sizeBytes,
    path: store.blobs.path(digest)
  }))
  if (files.some(({ digest }) => !store.blobs.has(digest))) {
    return { report: { ...about, present: false, files } }
  }
  const value = readValue(store, output.digest)
  return { report: { ...about, present: true, files, summary: summarise(value) }, value }
}

export const madeOf = (origin: Origin): Made => {
  const { action, execution, run } = origin
  return {
    instance: origin.instance,
    ...(origin.port === undefined ? {} : { port: origin.port }),
    uses: origin.uses,
    ...(origin.key === undefined ? {} : { key: origin.key }),
    pipeline: run.pipeline,
    file: run.file,
    ...(action === undefined ? {} : { params: action.recipe.params, seconds: action.seconds }),
    ...(execution === undefined
      ? {}
      : {
          run: execution.run,
          at: new Date(execution.atMs).toISOString(),
          reason: execution.reason
        })
  }
}
