/** The border between plain code, which throws, and the runner: a `UserError` becomes a typed failure, the rest is a bug. */
import * as Effect from "effect/Effect"
import { UserError } from "../base/user-error.ts"

const rejected = (error: unknown): Effect.Effect<never, UserError> =>
  error instanceof UserError ? Effect.fail(error) : Effect.die(error)

export const attempt = <A>(body: () => A): Effect.Effect<A, UserError> =>
  Effect.try({ try: body, catch: (error) => error }).pipe(Effect.catch(rejected))

export const attemptPromise = <A>(body: () => Promise<A>): Effect.Effect<A, UserError> =>
  Effect.tryPromise({ try: body, catch: (error) => error }).pipe(Effect.catch(rejected))
