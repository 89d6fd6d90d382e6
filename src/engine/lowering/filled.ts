import { type Value } from "../graph/value.ts"
import { type Lowering } from "./lowering.ts"

/**
 * Defines `outputs` where nothing needs to be computed: those without elements (which some ONNX operators refuse), or all
 * when their elements come from `x` alone, which is filled with one number.
 *
 * @param x the only tensor that elements come from; left out when there are others
 * @returns whether all outputs are defined
 */
export const defineFilled = (
  lowering: Lowering,
  outputs: ReadonlyArray<Value>,
  x?: Value
): boolean => {
  const number = x === undefined ? undefined : lowering.uniform(x)
  for (const output of outputs) {
    if (number !== undefined || output.size === 0) lowering.defineUniform(output, number ?? 0)
  }
  return number !== undefined || outputs.every(({ size }) => size === 0)
}
