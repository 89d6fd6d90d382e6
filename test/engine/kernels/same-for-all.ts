import * as fc from "fast-check"
import type { Tensor } from "@tensorflow/tfjs"
import { assertSameOnBoth } from "../../support/backends.ts"

/** That what `body` makes of any case is the same on both backends. Ten cases at a time are one program: they share a session. */
export const assertSameForAll = <Case>(
  cases: fc.Arbitrary<Case>,
  body: (each: Case) => Tensor | ReadonlyArray<Tensor>
): void =>
  fc.assert(
    fc.property(fc.array(cases, { minLength: 10, maxLength: 10 }), (all) =>
      assertSameOnBoth(() => all.flatMap(body))
    ),
    { numRuns: 4 }
  )
