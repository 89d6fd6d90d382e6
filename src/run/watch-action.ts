/** Waits for an action that another process computes: until its result is there, or its claim is gone. */
import * as Effect from "effect/Effect"
import type { Digest } from "../base/digest.ts"
import type { UserError } from "../base/user-error.ts"
import type { Store } from "../store/store.ts"
import { attempt } from "./attempt.ts"

/** Looks often at first, for short stages, and seldom later. */
const firstDelayMs = 50
const longestDelayMs = 500

/** @param isThere whether the store has what is waited for */
export const watchAction = Effect.fnUntraced(function* (
  store: Store,
  key: Digest,
  isThere: () => boolean
): Effect.fn.Return<void, UserError> {
  for (let delay = firstDelayMs; ; delay = Math.min(delay * 1.5, longestDelayMs)) {
    yield* Effect.sleep(delay)
    const over = yield* attempt(() => {
      if (isThere()) return true
      const claim = store.claims.take(key)
      // Nobody computes it any more. It is claimed again when a slot is free: until then another process may have it.
      if (claim.held) claim.release()
      return claim.held
    })
    if (over) return
  }
})
