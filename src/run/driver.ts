/**
 * The order of a run: which instance is known, starts, is waited for, fails or is skipped, and when. It only reacts to
 * what it is told; processes, time and disk are behind `DriverTools`, so that a test can play all of them.
 *
 * Life of an instance: wait for inputs → decide (known after all: early cutoff) → wait for slots → claim (another process
 * has it: wait for that one, without a slot) → look again → run → commit → its dependents' turn.
 *
 * One process computes a key once: instances of equal keys wait for the first of them.
 */
import type { Digest } from "../base/digest.ts"
import type { StageInstance } from "../language/pipeline.ts"
import type { Decision, Plan } from "../plan/plan.ts"
import type { ActionOutput, ActionResult, Recipe } from "../store/action.ts"
import { makeDependencies } from "./dependencies.ts"
import type { RunEvent } from "./events.ts"
import { makeLanes } from "./lanes.ts"
import type { InstanceOutcome } from "./outcome.ts"
import type { JobDone, JobFailed, Progress } from "./protocol.ts"
import { type Amounts, makeSlots, requirementOf } from "./slots.ts"

export type Outputs = { readonly [port: string]: ActionOutput }

/** An instance whose inputs are known, and that is to run. */
export interface Ready {
  readonly instance: StageInstance
  readonly key: Digest
  readonly recipe: Recipe
  /** Why, as one line. */
  readonly reason: string
}

export type Decided =
  | { readonly state: "known"; readonly key: Digest; readonly outputs: Outputs }
  | { readonly state: "run"; readonly key: Digest; readonly recipe: Recipe }

export type Claimed =
  | { readonly held: true; readonly release: () => void }
  | { readonly held: false; readonly describe: string }

/** A `RunEvent` before it has a time. */
export type Happening = RunEvent extends infer E
  ? E extends RunEvent
    ? Omit<E, "at">
    : never
  : never

export interface DriverTools {
  readonly emit: (event: Happening) => void
  readonly decide: (
    instance: StageInstance,
    outputsOf: (id: string) => Outputs | undefined
  ) => Decided
  readonly reasonOf: (decision: Decision) => string
  /**
   * Makes sure that a result which was found on the way stays where it is; `confirmed` or `lost` is to be called later.
   */
  readonly confirm: (id: string, key: Digest) => void
  readonly claim: (key: Digest) => Claimed
  readonly logOf: (id: string) => string
  readonly lastLinesOf: (log: string) => ReadonlyArray<string>
  /** Starts the work; `settled` is to be called later. */
  readonly start: (ready: Ready, log: string) => { readonly worker: number }
  /** Makes a result durable; `committed` or `notCommitted` is to be called later. */
  readonly commit: (id: string, result: ActionResult) => void
  /** Watches an action of another process; `retry` is to be called when it is done or given up. */
  readonly watch: (id: string, isThere: () => boolean, key: Digest) => void
  readonly unwatchAll: () => void
  /** What changed in the code or files behind a stage since the plan was made. */
  readonly changedSince: (ready: Ready) => string | undefined
}

export interface DriverOptions {
  readonly plan: Plan
  readonly total: Amounts
  readonly keepGoing: boolean
  /** Cores that an instance takes which does not say how many; one when absent. */
  readonly coresOf?: (instance: StageInstance) => number
}

export interface Driver {
  readonly begin: () => void
  /** Starts what can be started. */
  readonly dispatch: () => void
  readonly progress: (id: string, progress: Progress) => void
  readonly settled: (id: string, reply: JobDone | JobFailed) => void
  readonly committed: (id: string) => void
  readonly notCommitted: (id: string, failure: Failure) => void
  readonly retry: (id: string) => void
  readonly confirmed: (id: string) => void
  readonly lost: (id: string) => void
  /** Starts nothing more; what fails from now on failed because it was told to stop. */
  readonly interrupt: () => void
  /** Nothing runs, and nothing more will. */
  readonly finished: () => boolean
  /** How many stages run or are being committed. */
  readonly active: () => number
  /** Skips what is left; gives what became of every instance, in the order of the pipeline. */
  readonly end: () => ReadonlyArray<InstanceOutcome>
  readonly releaseClaims: () => void
}

type Failure = Pick<JobFailed, "message" | "hint">

interface Active {
  readonly ready: Ready
  readonly wanted: Amounts
  readonly release: () => void
  readonly log: string
  readonly startedAt: number
  reply?: JobDone
}

const runAgain = "run again to use what is there now"

export const interruptedBecause = "the run was interrupted"

export const makeDriver = (options: DriverOptions, tools: DriverTools): Driver => {
  const { decisions } = options.plan
  const positions = new Map(decisions.map((decision, index) => [decision.instance.id, index]))
  const dependencies = makeDependencies(decisions.map((decision) => decision.instance))
  const slots = makeSlots(options.total)
  const lanes = makeLanes<Ready>(slots)
  const outcomes = new Map<string, InstanceOutcome>()
  const active = new Map<string, Active>()
  const watched = new Map<string, Ready>()
  /** Found in the store, to be confirmed. */
  const found = new Map<string, () => void>()
  /** By key of an active instance: others of this run with the same key, which get its result. */
  const twins = new Map<Digest, Array<Ready>>()
  let stopped: { readonly because: string; readonly interrupted: boolean } | undefined

  const outputsOf = (id: string) => outcomes.get(id)?.outputs

  const positionOf = (id: string): number => {
    const position = positions.get(id)
    if (position === undefined) throw new Error(`${id} is no instance of this run`)
    return position
  }

  const known = (instance: StageInstance, key: Digest, outputs: Outputs, early: boolean) => {
    const { id, uses } = instance
    outcomes.set(id, { id, uses, state: "known", key, outputs })
    tools.emit({ _tag: "StageKnown", id, uses, key, early, outputs })
  }

  /** Something that the plan did not count on is in the store after all. */
  const foundEarly = (instance: StageInstance, key: Digest, outputs: Outputs) => {
    found.set(instance.id, () => known(instance, key, outputs, true))
    tools.confirm(instance.id, key)
  }

  const enqueue = (ready: Ready) => {
    const { instance } = ready
    const wanted = requirementOf(instance.resources, options.total, options.coresOf?.(instance))
    lanes.push(positionOf(instance.id), wanted, ready)
  }

  /** Decides about instances whose inputs are there; each that turns out known may complete the inputs of others. */
  const consider = (ids: ReadonlyArray<string>) => {
    const open = [...ids]
    for (let next = 0; next < open.length; next++) {
      const decision = decisions[positionOf(open[next] ?? "")]
      // One that needs a failed instance was skipped, whatever its other inputs do.
      if (decision === undefined || outcomes.has(decision.instance.id)) continue
      const { instance } = decision
      const decided = decision.state === "depends" ? tools.decide(instance, outputsOf) : decision
      if (decision.state === "known") {
        known(instance, decision.key, decision.outputs, false)
        open.push(...dependencies.finish(instance.id))
      } else if (decided.state === "known") {
        foundEarly(instance, decided.key, decided.outputs)
      } else {
        const { key, recipe } = decided
        const { causes } = decision
        const reason = tools.reasonOf({ state: "run", instance, key, recipe, causes })
        enqueue({ instance, key, recipe, reason })
      }
    }
  }

  const start = (ready: Ready, wanted: Amounts, release: () => void) => {
    const { id, uses } = ready.instance
    const log = tools.logOf(id)
    slots.take(wanted)
    twins.set(ready.key, [])
    active.set(id, { ready, wanted, release, log, startedAt: performance.now() })
    const { worker } = tools.start(ready, log)
    const { key, reason } = ready
    tools.emit({ _tag: "StageStarted", id, uses, key, reason, worker, log })
  }

  const dispatch = () => {
    const next = () => (stopped === undefined ? lanes.next() : undefined)
    for (let head = next(); head !== undefined; head = next()) {
      const { item, wanted } = head
      const others = twins.get(item.key)
      if (others === undefined) claimAndStart(item, wanted)
      else others.push(item)
    }
  }

  const claimAndStart = (ready: Ready, wanted: Amounts) => {
    const { instance, key } = ready
    const changed = tools.changedSince(ready)
    if (changed !== undefined) {
      failReady(ready, { message: `${changed} changed since the run began`, hint: runAgain })
      return
    }
    const claim = tools.claim(key)
    if (!claim.held) {
      watched.set(instance.id, ready)
      const { id, uses } = instance
      tools.emit({ _tag: "StageAwaited", id, uses, key, holder: claim.describe })
      tools.watch(id, () => isThere(instance), key)
      return
    }
    try {
      // Another process may have finished it between the decision and the claim.
      const decided = tools.decide(instance, outputsOf)
      if (decided.state === "run") {
        start(ready, wanted, claim.release)
      } else {
        claim.release()
        foundEarly(instance, key, decided.outputs)
      }
    } catch (error) {
      if (!active.has(instance.id)) claim.release()
      throw error
    }
  }

  const isThere = (instance: StageInstance) => tools.decide(instance, outputsOf).state === "known"

  const skip = (instance: StageInstance, because: string) => {
    const { id, uses } = instance
    const decision = decisions[positionOf(id)]
    const key = decision === undefined || decision.state === "depends" ? {} : { key: decision.key }
    outcomes.set(id, { id, uses, state: "skipped", ...key })
    tools.emit({ _tag: "StageSkipped", id, uses, because })
  }

  const stop = (because: string, interrupted: boolean) => {
    if (stopped === undefined || interrupted) stopped = { because, interrupted }
    watched.clear()
    tools.unwatchAll()
  }

  /** An instance that is in a worker or being committed. */
  const fail = (id: string, failure: Failure) => {
    const { taken, others } = takeActive(id)
    taken.release()
    // What failed for one may fail for the other with its own message and log.
    for (const other of others) enqueue(other)
    const seconds = taken.reply?.seconds ?? (performance.now() - taken.startedAt) / 1000
    failReady(taken.ready, failure, seconds)
  }

  const failReady = ({ instance, key, reason }: Ready, failure: Failure, seconds = 0) => {
    const { id, uses } = instance
    if (stopped?.interrupted === true) {
      skip(instance, stopped.because)
      return
    }
    outcomes.set(id, { id, uses, state: "failed", key, seconds })
    const log = tools.logOf(id)
    const { hint, message } = failure
    const why = { message, ...(hint === undefined ? {} : { hint }) }
    const lastLines = tools.lastLinesOf(log)
    // Where nothing was written there is no file.
    const written = lastLines.length === 0 ? "" : log
    tools.emit({
      _tag: "StageFailed",
      id,
      uses,
      key,
      reason,
      seconds,
      ...why,
      lastLines,
      log: written
    })
    for (const dependent of dependencies.fail(id)) {
      const decision = decisions[positionOf(dependent)]
      if (decision !== undefined) skip(decision.instance, `${id} failed`)
    }
    if (!options.keepGoing) stop(`the run stopped after ${id} failed`, false)
  }

  const takeActive = (id: string) => {
    const taken = active.get(id)
    if (taken === undefined) throw new Error(`${id} does not run`)
    active.delete(id)
    const others = twins.get(taken.ready.key) ?? []
    twins.delete(taken.ready.key)
    return { taken, others }
  }

  return {
    begin: () => consider(dependencies.free),
    dispatch,
    progress: (id, { done, total, unit }) => {
      if (active.has(id)) tools.emit({ _tag: "StageProgress", id, done, total, unit })
    },
    settled: (id, reply) => {
      const running = active.get(id)
      if (running === undefined) throw new Error(`${id} does not run`)
      slots.release(running.wanted)
      if (reply._tag === "Failed") {
        fail(id, reply)
        return
      }
      running.reply = reply
      const changed = tools.changedSince(running.ready)
      if (changed !== undefined) {
        fail(id, {
          message: `${changed} changed while ${id} ran, so its result was not kept`,
          hint: runAgain
        })
        return
      }
      const { key, recipe } = running.ready
      const { blobs, outputs, seconds } = reply
      tools.commit(id, { version: 1, key, recipe, outputs, blobs, seconds })
    },
    committed: (id) => {
      const { taken, others } = takeActive(id)
      const { ready, release, reply } = taken
      release()
      if (reply === undefined) throw new Error(`${id} was committed before it was done`)
      const { key, reason, instance } = ready
      const { uses } = instance
      const { outputs, seconds } = reply
      outcomes.set(id, { id, uses, state: "ran", key, outputs, seconds })
      tools.emit({ _tag: "StageSucceeded", id, uses, key, reason, seconds, outputs })
      for (const other of others) known(other.instance, key, outputs, true)
      if (stopped === undefined) {
        consider([id, ...others.map((other) => other.instance.id)].flatMap(dependencies.finish))
      }
    },
    notCommitted: fail,
    retry: (id) => {
      const ready = watched.get(id)
      if (ready === undefined) return
      watched.delete(id)
      const decided = tools.decide(ready.instance, outputsOf)
      if (decided.state === "run") enqueue(ready)
      else foundEarly(ready.instance, decided.key, decided.outputs)
    },
    confirmed: (id) => {
      const accept = found.get(id)
      if (accept === undefined) return
      found.delete(id)
      accept()
      if (stopped === undefined) consider(dependencies.finish(id))
    },
    lost: (id) => {
      if (found.delete(id) && stopped === undefined) consider([id])
    },
    interrupt: () => stop(interruptedBecause, true),
    finished: () =>
      active.size === 0 &&
      (stopped !== undefined || (lanes.size === 0 && watched.size === 0 && found.size === 0)),
    active: () => active.size,
    end: () => {
      for (const { instance } of decisions) {
        if (!outcomes.has(instance.id)) skip(instance, stopped?.because ?? interruptedBecause)
      }
      return decisions.flatMap(({ instance }) => outcomes.get(instance.id) ?? [])
    },
    releaseClaims: () => {
      for (const { release } of active.values()) release()
    }
  }
}
