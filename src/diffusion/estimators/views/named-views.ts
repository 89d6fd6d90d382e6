/** The views that a tree looks through, each made once. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../../base/json.ts"
import { makeView } from "./make-view.ts"
import type { ViewParams } from "./view-params.ts"
import { see, type View } from "./view.ts"

export interface NamedViews {
  /** @throws RangeError for a view that was not among those given */
  readonly of: (params: ViewParams) => View
  /** The images seen through one view after another. */
  readonly through: (images: Tensor4D, views: ReadonlyArray<ViewParams>) => Tensor4D
}

/** @throws UserError when a view does not fit images of this size */
export const namedViews = (
  all: ReadonlyArray<ViewParams>,
  height: number,
  width: number
): NamedViews => {
  const made = new Map(
    all.map((params) => [canonicalJson(params), makeView(params, height, width)])
  )
  const of = (params: ViewParams): View => {
    const found = made.get(canonicalJson(params))
    if (found === undefined) throw new RangeError(`the view ${canonicalJson(params)} was not made`)
    return found
  }
  return {
    of,
    through: (images, views) => views.reduce((seen, params) => see(seen, of(params)), images)
  }
}
