/**
 * Runs a plan: what is not known, in the order of its dependencies, in worker processes.
 *
 * This room starts processes and tells stages what to do; it never computes a result and never decides whether one is
 * known (`plan/` does). Everything it opens ends with the scope of the run: however a run ends, its workers are gone, its
 * claims are released and its record says how it ended.
 */
import { totalmem } from "node:os"
import { type Cause, hasInterruptsOnly } from "effect/Cause"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Queue from "effect/Queue"
import type { Scope } from "effect/Scope"
import type { Digest } from "../base/digest.ts"
import type { UserError } from "../base/user-error.ts"
import type { StageRegistry } from "../language/registry.ts"
import type { PlanContext } from "../plan/decide.ts"
import { countWholes } from "../plan/parts.ts"
import type { Decision, Plan } from "../plan/plan.ts"
import type { Prepared } from "../plan/prepare.ts"
import type { ActionResult } from "../store/action.ts"
import { sweepTemporaries } from "../store/gc-leftovers.ts"
import type { RunState } from "../store/run-record.ts"
import type { RunHandle } from "../store/runs.ts"
import type { Store } from "../store/store.ts"
import { attempt, attemptPromise } from "./attempt.ts"
import { type Driver, type Happening, makeDriver } from "./driver.ts"
import { openEventStream } from "./event-stream.ts"
import type { RunEvent } from "./events.ts"
import { openGroups } from "./groups.ts"
import { jobOf } from "./job.ts"
import { lastLines } from "./last-lines.ts"
import { openRun } from "./open-run.ts"
import type { RunOutcome } from "./outcome.ts"
import type { JobDone, JobFailed, Progress } from "./protocol.ts"
import { checkGpus, decider, protectedPlan } from "./run-plan.ts"
import { watchAction } from "./watch-action.ts"
import { compileCache, openPool, type WorkerPool } from "./worker-pool.ts"

export interface ExecuteOptions {
  readonly prepared: Prepared
  readonly context: PlanContext
  readonly plan: Plan
  readonly store: Store
  readonly registry: StageRegistry
  /** Stages, or rather cores, at once. */
  readonly jobs: number
  /** Of `jobs`, what a stage takes that computes tensors and does not say how many cores it needs; 1 when absent. */
  readonly coresEach?: number
  /** Slots for stages that ask for a GPU; 1 when absent. */
  readonly gpus?: number
  readonly keepGoing: boolean
  /** Files for people go to a folder of the pipeline's name below it. */
  readonly resultsFolder: string
  readonly set: ReadonlyArray<string>
  readonly root: string
  /** The instances that the user asked for; absent: all. */
  readonly selection?: ReadonlySet<string>
  /** The first cause, as one line. */
  readonly reasonOf: (decision: Decision) => string
  /** Completes when the user is done with waiting (a second Ctrl-C): what still runs is killed. */
  readonly killNow?: Effect.Effect<void>
  /** How long stages have to stop by themselves after an interruption, and then to die of SIGTERM. */
  readonly grace?: { readonly abortMs: number; readonly terminateMs: number }
  /** Node's own flags for workers. */
  readonly workerFlags?: ReadonlyArray<string>
  /** Environment variables for workers. */
  readonly workerVariables?: Readonly<Record<string, string>>
}

const defaultGrace = { abortMs: 5000, terminateMs: 2000 }

type Message =
  | { readonly _tag: "Progress"; readonly id: string; readonly progress: Progress }
  | { readonly _tag: "Settled"; readonly id: string; readonly reply: JobDone | JobFailed }
  | { readonly _tag: "Committed"; readonly ids: ReadonlyArray<string> }
  | {
      readonly _tag: "NotCommitted"
      readonly ids: ReadonlyArray<string>
      readonly error: UserError
    }
  | { readonly _tag: "Retry"; readonly id: string }
  | {
      readonly _tag: "Confirmed"
      readonly ids: ReadonlyArray<string>
      readonly lost: ReadonlyArray<string>
    }

/**
 * Interrupting the returned effect stops the run gently: stages are asked to stop, what they finish within the grace is
 * kept, then they are killed.
 *
 * @param display hears every event, in order
 * @returns also when stages failed: the record says so. Fails when the run as a whole cannot go on (a full disk).
 */
export const execute = (
  options: ExecuteOptions,
  display: (event: RunEvent) => void
): Effect.Effect<RunOutcome, UserError> => Effect.scoped(executeInScope(options, display))

const executeInScope = Effect.fnUntraced(function* (
  options: ExecuteOptions,
  display: (event: RunEvent) => void
): Effect.fn.Return<RunOutcome, UserError, Scope> {
  const { context, registry, store } = options
  const run = yield* openRun(options)
  const plan = yield* protectedPlan(options, run)
  yield* attempt(() => checkGpus(plan, options.gpus))
  const events = yield* openEventStream([run.handle.append, display], run.note)
  const emit = (event: Happening) => events.publish({ ...event, at: Date.now() })
  // After the workers are gone: one that was killed while it wrote has left its half behind.
  yield* Effect.addFinalizer(() =>
    attempt(() => sweepTemporaries(store.layout, false)).pipe(Effect.ignoreCause)
  )
  const pool = yield* openPool({
    storeRoot: store.root,
    compileCache: compileCache(store),
    ...(options.workerFlags === undefined ? {} : { flags: options.workerFlags }),
    ...(options.workerVariables === undefined ? {} : { variables: options.workerVariables })
  })
  const inbox = yield* Queue.unbounded<Message, UserError>()
  const tell = (message: Message) => void Queue.offerUnsafe(inbox, message)
  const breakDown = (cause: Cause<UserError>) => void Queue.failCauseUnsafe(inbox, cause)
  const commit = yield* openGroups<Commit, UserError>({
    // A result that comes alone is not held up; while others run, some more may be done in a moment.
    patience: (group) => (group.length < Math.min(32, driver.active()) ? "2 millis" : undefined),
    handle: (group) => commitGroup(store, group, tell),
    broken: breakDown
  })
  const confirm = yield* openGroups<Found, UserError>({
    handle: (group) => confirmGroup(run.handle, group, tell),
    broken: breakDown
  })
  const watchers = yield* FiberSet.make<void, never>()
  const watch = yield* FiberSet.runtime(watchers)()
  const driver = makeDriver(
    {
      plan,
      keepGoing: options.keepGoing,
      coresOf: ({ uses }) =>
        context.code.get(uses)?.tensors === true ? (options.coresEach ?? 1) : 1,
      total: { cpu: options.jobs, gpu: options.gpus ?? 1, memoryBytes: totalmem() }
    },
    {
      emit,
      decide: decider(run.pipeline, plan, context),
      reasonOf: options.reasonOf,
      claim: store.claims.take,
      logOf: run.handle.logPath,
      lastLinesOf: lastLines,
      changedSince: ({ instance: { uses } }) =>
        options.prepared.codeUnchanged(uses) ? undefined : `the code of ${uses}`,
      start: ({ instance, recipe }, log) =>
        pool.run(jobOf(registry, instance, recipe, log), {
          progress: (progress) => tell({ _tag: "Progress", id: instance.id, progress }),
          settled: (reply) => tell({ _tag: "Settled", id: instance.id, reply })
        }),
      commit: (id, result) => commit({ id, result }),
      confirm: (id, key) => confirm({ id, key }),
      watch: (id, isThere, key) => {
        watch(
          watchAction(store, key, isThere).pipe(
            Effect.matchCause({
              onFailure: breakDown,
              onSuccess: () => tell({ _tag: "Retry", id })
            })
          )
        )
      },
      unwatchAll: () => void Effect.runFork(FiberSet.clear(watchers))
    }
  )
  yield* Effect.addFinalizer(() => Effect.sync(driver.releaseClaims))

  const instances = plan.decisions.map(({ instance }) => instance)
  const total = countWholes(instances)
  const parts = instances.filter(({ part }) => part !== undefined).length
  const { name } = run.handle
  emit({
    _tag: "RunStarted",
    run: name,
    pipeline: run.pipeline.name,
    total,
    ...(parts === 0 ? {} : { parts }),
    jobs: options.jobs
  })
  const work = attempt(() => {
    driver.begin()
    driver.dispatch()
  }).pipe(Effect.andThen(untilFinished(driver, inbox)))
  const finish = Effect.fnUntraced(function* (state: "done" | "interrupted" | "broken") {
    const outcomes = driver.end()
    const failed = state === "broken" || outcomes.some((outcome) => outcome.state === "failed")
    const final: RunState = state === "interrupted" ? state : failed ? "failed" : "done"
    emit({ _tag: "RunFinished", run: name, state: final, seconds: run.seconds() })
    yield* events.end
    return yield* run.finish(final, outcomes)
  })
  return yield* Effect.uninterruptibleMask((restore) =>
    restore(work).pipe(
      Effect.matchCauseEffect({
        onSuccess: () => finish("done"),
        onFailure: (cause) =>
          stopGently(options, driver, pool, inbox).pipe(
            Effect.andThen(finish(hasInterruptsOnly(cause) ? "interrupted" : "broken")),
            // What stopped the run is what to report, whatever goes wrong while it ends.
            Effect.catchCause(() => Effect.void),
            Effect.andThen(Effect.failCause(cause))
          )
      })
    )
  )
})

/** Handles what happens until nothing runs and nothing more will. */
const untilFinished = Effect.fnUntraced(function* (
  driver: Driver,
  inbox: Queue.Queue<Message, UserError>
): Effect.fn.Return<void, UserError> {
  while (!driver.finished()) {
    const messages = yield* Queue.takeAll(inbox)
    yield* attempt(() => {
      for (const message of messages) receive(driver, message)
      driver.dispatch()
    })
  }
})

const receive = (driver: Driver, message: Message): void => {
  switch (message._tag) {
    case "Progress":
      return driver.progress(message.id, message.progress)
    case "Settled":
      return driver.settled(message.id, message.reply)
    case "Committed":
      return message.ids.forEach(driver.committed)
    case "NotCommitted": {
      const { hint, message: text } = message.error
      const failure = { message: text, ...(hint === undefined ? {} : { hint }) }
      return message.ids.forEach((id) => driver.notCommitted(id, failure))
    }
    case "Retry":
      return driver.retry(message.id)
    case "Confirmed":
      message.ids.forEach(driver.confirmed)
      return message.lost.forEach(driver.lost)
  }
}

/** Asks, terminates, kills; what still finishes is kept. */
const stopGently = Effect.fnUntraced(function* (
  options: ExecuteOptions,
  driver: Driver,
  pool: WorkerPool,
  inbox: Queue.Queue<Message, UserError>
) {
  const { abortMs, terminateMs } = options.grace ?? defaultGrace
  driver.interrupt()
  pool.abort()
  const kill = (signal: "SIGTERM" | "SIGKILL") => Effect.sync(() => pool.kill(signal))
  const patiently = Effect.sleep(abortMs).pipe(
    Effect.andThen(kill("SIGTERM")),
    Effect.andThen(Effect.sleep(terminateMs))
  )
  const escalate = Effect.raceFirst(patiently, options.killNow ?? Effect.never).pipe(
    Effect.andThen(kill("SIGKILL")),
    Effect.andThen(Effect.never)
  )
  const settled = untilFinished(driver, inbox)
  yield* Effect.raceFirst(Effect.interruptible(settled), Effect.interruptible(escalate))
})

interface Commit {
  readonly id: string
  readonly result: ActionResult
}

/** A result that the plan did not count on. */
interface Found {
  readonly id: string
  readonly key: Digest
}

const commitGroup = (
  store: Store,
  group: ReadonlyArray<Commit>,
  tell: (message: Message) => void
) => {
  const ids = group.map(({ id }) => id)
  return attemptPromise(() => store.actions.putAll(group.map(({ result }) => result))).pipe(
    Effect.match({
      onSuccess: () => tell({ _tag: "Committed", ids }),
      onFailure: (error) => tell({ _tag: "NotCommitted", ids, error })
    })
  )
}

const confirmGroup = (
  handle: RunHandle,
  group: ReadonlyArray<Found>,
  tell: (message: Message) => void
) =>
  Effect.map(
    attemptPromise(() => handle.protect(group.map(({ key }) => key))),
    (gone) => {
      const isGone = new Set(gone)
      tell({
        _tag: "Confirmed",
        ids: group.flatMap(({ id, key }) => (isGone.has(key) ? [] : [id])),
        lost: group.flatMap(({ id, key }) => (isGone.has(key) ? [id] : []))
      })
    }
  )
