/** Work that is cheaper together: one wait for the disk serves all that came in meanwhile. */
import type { Cause } from "effect/Cause"
import type { Input } from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type { Scope } from "effect/Scope"

export interface GroupsOptions<A, E> {
  /** How long to wait for more to join a group; absent: not at all. */
  readonly patience?: (group: ReadonlyArray<A>) => Input | undefined
  readonly handle: (group: ReadonlyArray<A>) => Effect.Effect<void, E>
  /** Called when a group fails; nothing is handled after that. */
  readonly broken: (cause: Cause<E>) => void
}

/** @returns adds an item to the next group */
export const openGroups = Effect.fnUntraced(function* <A, E = never>(
  options: GroupsOptions<A, E>
): Effect.fn.Return<(item: A) => void, never, Scope> {
  const waiting = yield* Queue.unbounded<A>()
  const handleNext = Effect.gen(function* () {
    const group: Array<A> = [...(yield* Queue.takeAll(waiting))]
    const patience = options.patience?.(group)
    if (patience !== undefined) {
      yield* Effect.sleep(patience)
      group.push(...(yield* Queue.clear(waiting)))
    }
    // A group that is being written is written to its end.
    yield* Effect.uninterruptible(options.handle(group))
  })
  yield* handleNext.pipe(
    Effect.forever,
    Effect.catchCause((cause) => Effect.sync(() => options.broken(cause))),
    Effect.forkScoped
  )
  return (item) => void Queue.offerUnsafe(waiting, item)
})
