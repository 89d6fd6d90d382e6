/**
 * The worker processes of one run: started when there is work for them, used again and again, replaced when they crash,
 * ended with the scope.
 */
import { getCompileCacheDir } from "node:module"
import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { ownerOf } from "../plan/instance-name.ts"
import type { Store } from "../store/store.ts"
import type { Job } from "./protocol.ts"
import {
  type JobListener,
  startWorker,
  type WorkerOptions,
  type WorkerProcess
} from "./worker-process.ts"

export interface WorkerPool {
  /**
   * Gives the job to an idle worker, or to a new one; how many there are is for the caller's slots to limit. The next part
   * of an instance goes to the worker that ran the one before it, which has its code compiled and its weights at hand.
   */
  readonly run: (job: Job, listener: JobListener) => { readonly worker: number }
  /** Asks all running stages to stop. */
  readonly abort: () => void
  readonly kill: (signal: "SIGTERM" | "SIGKILL") => void
}

/** Where Node keeps what it compiled: the driver's own place, so that a new store is no cold start. */
export const compileCache = (store: Store): string => {
  // The folder of the driver's Node version, inside the one that is set for all versions.
  const own = getCompileCacheDir()
  return own === undefined ? join(store.layout.cache, "compiled") : dirname(own)
}

/** How long an idle process may take to end when it was asked to. */
const hangUpMs = 2000

export const openPool = (options: WorkerOptions): Effect.Effect<WorkerPool, never, Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => new Set<WorkerProcess>()),
      (workers) => Effect.promise(() => close(workers))
    ),
    (workers) => {
      const numbers = new Set<number>()
      /** The instance of the last part that a worker ran. */
      const warmFor = new Map<WorkerProcess, string>()
      const choose = (owner: string): WorkerProcess | undefined => {
        const idle = [...workers].filter((worker) => worker.idle())
        return (
          idle.find((worker) => warmFor.get(worker) === owner) ??
          // The first started is the warmest: it has loaded most stages. One that is warm for other parts is spared.
          idle.find((worker) => !warmFor.has(worker)) ??
          idle[0]
        )
      }
      const start = (): WorkerProcess => {
        // The display shows a line a worker: the replacement of a crashed one takes its number.
        let number = 1
        while (numbers.has(number)) number += 1
        const worker = startWorker(number, options)
        numbers.add(number)
        workers.add(worker)
        void worker.ended.then(() => {
          workers.delete(worker)
          warmFor.delete(worker)
          return numbers.delete(number)
        })
        return worker
      }
      return {
        run: (job, listener) => {
          const owner = ownerOf(job.id)
          const worker = choose(owner) ?? start()
          if (owner !== job.id) warmFor.set(worker, owner)
          else if (warmFor.get(worker) === owner) warmFor.delete(worker)
          worker.run(job, listener)
          return { worker: worker.number }
        },
        abort: () => {
          for (const worker of workers) worker.abort()
        },
        kill: (signal) => {
          for (const worker of workers) worker.kill(signal)
        }
      }
    }
  )

/** Idle workers end at once; one that is still busy at this point is of no use any more. */
const close = async (workers: ReadonlySet<WorkerProcess>): Promise<void> => {
  const open = [...workers]
  for (const worker of open) {
    if (worker.idle()) worker.hangUp()
    else worker.kill("SIGKILL")
  }
  const timer = setTimeout(() => {
    for (const worker of open) worker.kill("SIGKILL")
  }, hangUpMs)
  await Promise.all(open.map((worker) => worker.ended))
  clearTimeout(timer)
}
