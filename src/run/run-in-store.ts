/** What a run leaves in the store and beside it, whether anything had to be executed or not. Plain code: no Effect. */
import { join } from "node:path"
import type { CheckedPipeline } from "../language/pipeline.ts"
import type { RunState } from "../store/run-record.ts"
import type { RunHandle } from "../store/runs.ts"
import type { Store } from "../store/store.ts"
import { countsOf, type InstanceOutcome, manifestOf, type RunOutcome } from "./outcome.ts"
import { type Finished, layOutResults } from "./results.ts"

export interface RunInStoreOptions {
  readonly store: Store
  readonly pipeline: CheckedPipeline
  /** Values given on the command line. */
  readonly set: ReadonlyArray<string>
  /** Absolute; files for people go to a folder of the pipeline's name below it. */
  readonly resultsFolder: string
}

/**
 * @throws UserError when the store cannot be written
 */
export const beginRun = (
  { pipeline, set, store }: RunInStoreOptions,
  total: number,
  startedAt: number
): RunHandle =>
  store.runs.create({
    pipeline: pipeline.name,
    file: pipeline.file,
    set,
    params: pipeline.params,
    startedAt: new Date(startedAt).toISOString(),
    state: "running",
    counts: { total, known: 0, ran: 0, failed: 0, skipped: 0 }
  })

/**
 * Lays out the files for people and finishes the record. What is there after a failure is laid out too; after an
 * interruption nothing is, since the user wants the program to end.
 *
 * @param outcomes in the order of the pipeline
 */
export const finishRun = async (
  options: RunInStoreOptions,
  handle: RunHandle,
  state: RunState,
  outcomes: ReadonlyArray<InstanceOutcome>
): Promise<RunOutcome> => {
  const manifest = manifestOf(outcomes)
  const end = (state: RunState) =>
    handle.finish({
      state,
      finishedAt: new Date().toISOString(),
      counts: countsOf(outcomes),
      manifest
    })
  if (state === "interrupted") {
    return { record: await end(state), manifest, results: [], notices: [] }
  }
  const { pipeline, resultsFolder, store } = options
  try {
    const laidOut = await layOutResults({
      store,
      pipeline,
      finished: finishedOf(pipeline, outcomes),
      folder: join(resultsFolder, pipeline.name)
    })
    return { record: await end(state), manifest, ...laidOut }
  } catch (error) {
    await end("failed")
    throw error
  }
}

const finishedOf = (
  { instances }: CheckedPipeline,
  outcomes: ReadonlyArray<InstanceOutcome>
): ReadonlyArray<Finished> => {
  const byId = new Map(instances.map((instance) => [instance.id, instance]))
  return outcomes.flatMap(({ id, key, outputs }) => {
    const instance = byId.get(id)
    return instance === undefined || key === undefined || outputs === undefined
      ? []
      : [{ instance, key, outputs }]
  })
}
