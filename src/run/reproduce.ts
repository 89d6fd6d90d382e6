/**
 * Executes known instances again, with the inputs that are recorded, and compares the bits. Nothing is committed: outputs
 * go to a scratch store that is removed at the end.
 */
import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Digest } from "../base/digest.ts"
import { UserError } from "../base/user-error.ts"
import type { StageInstance } from "../language/pipeline.ts"
import type { StageRegistry } from "../language/registry.ts"
import { temporaryName } from "../store/atomic-file.ts"
import type { ActionOutput, ActionResult } from "../store/action.ts"
import { openStore, type Store } from "../store/store.ts"
import { attempt } from "./attempt.ts"
import { compareValues, type ValueDifference } from "./compare-values.ts"
import { jobOf } from "./job.ts"
import { lastLines } from "./last-lines.ts"
import type { Job, JobDone, JobFailed } from "./protocol.ts"
import { readValue } from "./read-value.ts"
import { compileCache, openPool, type WorkerPool } from "./worker-pool.ts"

export interface ReproduceOptions {
  readonly store: Store
  readonly registry: Pick<StageRegistry, "entries">
  /** Known instances, of which there are results to compare with. */
  readonly instances: ReadonlyArray<{ readonly instance: StageInstance; readonly key: Digest }>
  /** Instances at once. */
  readonly jobs: number
  /** Node's own flags for workers. */
  readonly workerFlags?: ReadonlyArray<string>
  /** Environment variables for workers. */
  readonly workerVariables?: Readonly<Record<string, string>>
}

export interface PortDifference extends ValueDifference {
  readonly port: string
  readonly before: ActionOutput
  /** Absent when the stage did not return this port this time. */
  readonly after?: ActionOutput
}

export interface Reproduction {
  readonly id: string
  readonly uses: string
  readonly key: Digest
  readonly state: "same" | "different" | "failed"
  readonly seconds: number
  /** When the result was made. */
  readonly recordedSeconds: number
  readonly outputs: { readonly [port: string]: ActionOutput }
  /** One for each port that differs. */
  readonly differences: ReadonlyArray<PortDifference>
  readonly failure?: {
    readonly message: string
    readonly hint?: string
    readonly lastLines: ReadonlyArray<string>
  }
}

/**
 * @param finished called as soon as an instance is compared
 * @returns in the order of the request
 */
export const reproduce = (
  options: ReproduceOptions,
  finished: (reproduction: Reproduction) => void = () => {}
): Effect.Effect<ReadonlyArray<Reproduction>, UserError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { store } = options
      const scratch = yield* openScratch(store)
      const pool = yield* openPool({
        storeRoot: store.root,
        outputRoot: scratch.root,
        compileCache: compileCache(store),
        ...(options.workerFlags === undefined ? {} : { flags: options.workerFlags }),
        ...(options.workerVariables === undefined ? {} : { variables: options.workerVariables })
      })
      return yield* Effect.forEach(
        options.instances.entries(),
        Effect.fnUntraced(function* ([number, { instance, key }]) {
          const recorded = yield* attempt(() => recordedResult(store, instance.id, key))
          const log = join(logsOf(scratch), `${number}.log`)
          const job = jobOf(options.registry, instance, recorded.recipe, log)
          const reply = yield* runJob(pool, job)
          const reproduction = yield* attempt(() => judge(store, scratch, job, recorded, reply))
          finished(reproduction)
          return reproduction
        }),
        { concurrency: options.jobs }
      )
    })
  )

const openScratch = (store: Store): Effect.Effect<Store, UserError, Scope> =>
  Effect.acquireRelease(
    // Its name says whose it is, so that gc removes it should this process be killed.
    attempt(() => {
      const scratch = openStore(temporaryName(store.layout))
      mkdirSync(logsOf(scratch))
      return scratch
    }),
    ({ root }) => Effect.sync(() => rmSync(root, { recursive: true, force: true }))
  )

const logsOf = (scratch: Store): string => join(scratch.root, "logs")

const recordedResult = (store: Store, id: string, key: Digest): ActionResult => {
  const found = store.actions.get(key)
  if (found !== undefined) return found
  throw new UserError(`there is no result of ${id} in the store to compare with`, {
    hint: "run the pipeline first",
    exitCode: 1
  })
}

/** Interrupted: the scope of the pool ends the worker. */
const runJob = (pool: WorkerPool, job: Job): Effect.Effect<JobDone | JobFailed> =>
  Effect.callback((resume) => {
    pool.run(job, { progress: () => {}, settled: (reply) => resume(Effect.succeed(reply)) })
  })

const judge = (
  store: Store,
  scratch: Store,
  job: Job,
  recorded: ActionResult,
  reply: JobDone | JobFailed
): Reproduction => {
  const about = {
    id: job.id,
    uses: job.uses,
    key: recorded.key,
    seconds: reply.seconds,
    recordedSeconds: recorded.seconds,
    outputs: recorded.outputs
  }
  if (reply._tag === "Failed") {
    const { hint, message } = reply
    const failure = {
      message,
      ...(hint === undefined ? {} : { hint }),
      lastLines: lastLines(job.log)
    }
    return { ...about, state: "failed", differences: [], failure }
  }
  const differences = Object.entries(recorded.outputs).flatMap(([port, before]) => {
    const after = reply.outputs[port]
    if (after?.digest === before.digest) return []
    return [
      {
        port,
        before,
        ...(after === undefined
          ? { numbers: [], other: [`the stage does not return ${port} any more`] }
          : { after, ...compareStored(store, before.digest, scratch, after.digest) })
      }
    ]
  })
  return { ...about, state: differences.length === 0 ? "same" : "different", differences }
}

const compareStored = (
  store: Store,
  before: Digest,
  scratch: Store,
  after: Digest
): ValueDifference => compareValues(readValue(store, before), readValue(scratch, after))
