import { isNaN } from "../is-nan.ts"
import { type Lowering } from "../lowering.ts"

/**
 * A float32 tensor with -infinity in place of NaN: tfjs's max pools skip NaN, and those of ONNX Runtime skip or keep it
 * depending on where in the window it is.
 */
export const withoutNaN = (lowering: Lowering, name: string): string => {
  const { onnx } = lowering
  return onnx.node("Where", [isNaN(lowering, name), onnx.float(-Infinity), name])
}

/** What most of ONNX Runtime's max pools begin with, and so give where every element is -infinity. */
export const lowestFloat = -(2 - 2 ** -23) * 2 ** 127
