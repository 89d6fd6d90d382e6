/** Views in words, as the end of “seen …”. */
import type { ViewKind, ViewParams } from "../../diffusion/estimators/views/view-params.ts"

const plainWords: { readonly [kind in Exclude<ViewParams, object>]: string } = {
  identity: "as it is",
  "flip-vertical": "upside down",
  "flip-horizontal": "mirrored, left to right",
  "rotate-90": "turned clockwise by 90°",
  "rotate-180": "turned by 180°",
  "rotate-270": "turned anticlockwise by 90°",
  negative: "as a negative",
  "inner-circle": "with its inner disc turned by 180°"
}

export const viewWords = (view: ViewParams): string => {
  if (typeof view === "string") return plainWords[view]
  switch (view.kind) {
    case "patches":
      return `in permuted patches of ${view.size} × ${view.size} pixels (seed ${view.seed})`
    case "pixels":
      return `in permuted pixels (seed ${view.seed})`
    case "jigsaw":
      return `as a jigsaw put together another way (seed ${view.seed})`
    default:
      return `skewed: each column ${view.factor} rows below the one before it`
  }
}

export const kindOf = (view: ViewParams): ViewKind => (typeof view === "string" ? view : view.kind)
