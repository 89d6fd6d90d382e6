import { type Lowering } from "./lowering.ts"

/**
 * The natural logarithm, with the same bits at any number of threads. ONNX Runtime's Log computes the elements in vector
 * registers, but those at either end of a thread's part one by one, by another formula; its sum of one element's logarithm
 * always goes one by one, in about the same time.
 */
export const logarithm = ({ onnx, target }: Lowering, x: string): string => {
  if (target.provider !== "cpu") return onnx.node("Log", [x])
  const last = onnx.ints([-1])
  return onnx.node("ReduceLogSum", [onnx.node("Unsqueeze", [x, last]), last], { keepdims: 0 })
}
