/** Writing rows into a table at given places, with the same result at any number of threads. */
import { type Lowering } from "./lowering.ts"

export interface Scatter {
  /** `[rows, width]`: what is written into. */
  readonly table: string
  /** int32 `[count]`, each in [0, rows) or a runtime error (negative ones count from the end). */
  readonly places: string
  /** `[count, width]` */
  readonly updates: string
  readonly count: number
  readonly width: number
  /** Whether updates are added to what is there; else the last one for a row stays. */
  readonly add: boolean
}

/**
 * ScatterND of ONNX Runtime's CPU works on several rows at once without a lock: updates of one row are lost (1.30,
 * measured: two threads, 4096 rows into 64). ScatterElements is slower, but goes one by one.
 */
export const scatterRows = (
  { onnx, target }: Lowering,
  { add, count, places, table, updates, width }: Scatter
): string => {
  const reduction = add ? { reduction: "add" } : {}
  const column = onnx.reshape(places, [count, 1])
  if (target.provider === "cpu") {
    const everywhere = onnx.node("Expand", [column, onnx.ints([count, width])])
    return onnx.node("ScatterElements", [table, everywhere, updates], { axis: 0, ...reduction })
  }
  return onnx.node("ScatterND", [table, onnx.cast(column, "int64"), updates], reduction)
}
