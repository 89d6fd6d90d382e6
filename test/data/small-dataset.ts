/** Data sets of single pixels whose values say which image it is. */
import type { Dataset } from "../../src/values/values.ts"

/** Image i has the byte i. */
export const labelled = (labels: ReadonlyArray<number>, classes = ["a", "b", "c"]): Dataset => ({
  type: "Dataset",
  name: "set",
  shape: [labels.length, 1, 1, 1],
  range: "[0,1]",
  data: Uint8Array.from(labels.keys()),
  classes,
  labels: Int32Array.from(labels)
})

export const unlabelled = (count: number): Dataset => ({
  type: "Dataset",
  name: "set",
  shape: [count, 1, 1, 1],
  range: "[0,1]",
  data: Uint8Array.from({ length: count }, (_, index) => index),
  classes: []
})
