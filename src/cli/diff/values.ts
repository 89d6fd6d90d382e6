/** Two outputs held against each other. */
import { compareValues, type ValueDifference } from "../../report/compare/values.ts"
import type { ActionOutput } from "../../store/action.ts"
import { loadValue } from "../show/value.ts"
import type { History } from "../what/history.ts"

export type OutputDifference =
  | { readonly state: "same" }
  | {
      readonly state: "different"
      /** Absent where only the digests were compared, or where nothing but a label or a name in the record differs. */
      readonly difference?: ValueDifference
    }
  /** One side has no such output. */
  | { readonly state: "only before" | "only after" }
  /** Their digests differ, but a side is no longer in the store, so nothing can be said of how far. */
  | { readonly state: "gone" }

/** @param deep whether to compare numbers where digests differ */
export const compareOutputs = (
  history: History,
  before: ActionOutput | undefined,
  after: ActionOutput | undefined,
  deep: boolean
): OutputDifference => {
  if (before === undefined) return { state: "only after" }
  if (after === undefined) return { state: "only before" }
  if (before.digest === after.digest) return { state: "same" }
  if (!deep) return { state: "different" }
  const [a, b] = [loadValue(history, before, {}).value, loadValue(history, after, {}).value]
  if (a === undefined || b === undefined) return { state: "gone" }
  const difference = compareValues(a, b)
  return { state: "different", ...(difference === undefined ? {} : { difference }) }
}
