/** Views for properties: each kind, with any settings, of images whose sides are multiples of 4. */
import * as fc from "fast-check"
import type { ViewParams } from "../../../src/diffusion/estimators/views/view-params.ts"

/** Those without settings. */
export const plainViews = [
  "identity",
  "flip-vertical",
  "flip-horizontal",
  "rotate-90",
  "rotate-180",
  "rotate-270",
  "negative",
  "inner-circle"
] as const

const seed = fc.integer({ min: -1000, max: 1000 })

export const anyView: fc.Arbitrary<ViewParams> = fc.oneof(
  fc.constantFrom<ViewParams>(...plainViews),
  fc.record({ kind: fc.constant("patches" as const), size: fc.constantFrom(1, 2, 4), seed }),
  fc.record({ kind: fc.constant("pixels" as const), seed }),
  fc.record({ kind: fc.constant("jigsaw" as const), seed }),
  fc.record({
    kind: fc.constant("skew" as const),
    factor: fc.double({ min: -3, max: 3, noNaN: true })
  })
)
