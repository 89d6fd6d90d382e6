/**
 * The one stream of a run's events. Publishing never waits; each subscriber reads in its own fiber, in order.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as PubSub from "effect/PubSub"
import type { Scope } from "effect/Scope"
import type { RunEvent } from "./events.ts"

export type Subscriber = (event: RunEvent) => void

export interface EventStream {
  readonly publish: (event: RunEvent) => void
  /** Waits until every subscriber has seen everything; what is published later is lost. */
  readonly end: Effect.Effect<void>
}

/**
 * @param broken called when a subscriber throws; it hears nothing more, the others go on: a display or a log file that
 *   cannot be written must not cost the results of a run
 */
export const openEventStream = Effect.fnUntraced(function* (
  subscribers: ReadonlyArray<Subscriber>,
  broken: (error: unknown) => void
): Effect.fn.Return<EventStream, never, Scope> {
  const events = yield* PubSub.unbounded<RunEvent | typeof over>()
  const fibers = yield* Effect.forEach(
    subscribers,
    Effect.fnUntraced(function* (subscriber) {
      const subscription = yield* PubSub.subscribe(events)
      const listen = Effect.gen(function* () {
        for (;;) {
          for (const event of yield* PubSub.takeAll(subscription)) {
            if (event === over) return
            subscriber(event)
          }
        }
      })
      return yield* listen.pipe(
        Effect.catchDefect((error) => Effect.sync(() => broken(error))),
        Effect.forkScoped({ startImmediately: true })
      )
    })
  )
  const end = Effect.suspend(() => {
    PubSub.publishUnsafe(events, over)
    return Fiber.awaitAll(fibers)
  })
  yield* Effect.addFinalizer(() => end)
  return { publish: (event) => void PubSub.publishUnsafe(events, event), end: Effect.asVoid(end) }
})

/** Marks the end of the stream. */
const over = Symbol("over")
