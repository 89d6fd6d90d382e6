/** Small datasets for the tests of stages. */
import { uniform } from "../../src/engine/random/streams.ts"
import type { Dataset } from "../../src/values/values.ts"

/** Random pixels; classes in turns. */
export const randomDataset = (
  count: number,
  side: number,
  classes: number,
  name = "random"
): Dataset => ({
  type: "Dataset",
  name,
  shape: [count, side, side, 1],
  range: "[0,1]",
  data: Uint8Array.from(uniform(1, name, count * side * side), (u) => Math.floor(256 * u)),
  classes: Array.from({ length: classes }, (_, index) => `class ${index}`),
  ...(classes === 0 ? {} : { labels: Int32Array.from({ length: count }, (_, i) => i % classes) })
})
