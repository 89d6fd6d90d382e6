import type { Tensor } from "@tensorflow/tfjs"
import { type TensorFlow } from "../tfjs.ts"
import { type Container, type TensorFunction, flatten, refill } from "./containers.ts"

/**
 * Calls a function of tensors under the rules of `compile()` without tracing it: it takes and returns containers, all else
 * that it makes is freed, and its results are the caller's, also where it returns an argument or a variable.
 *
 * @throws TypeError for arguments and results that `compile()` does not take
 */
export const callUntraced = (
  tf: TensorFlow,
  fn: TensorFunction,
  args: ReadonlyArray<Container>
): Container => {
  const isTensor = (value: unknown): value is Tensor => value instanceof tf.Tensor
  flatten(args, isTensor)
  return tf.tidy(() => {
    const returned = fn(...args)
    refuseAsync(returned)
    flatten(returned, isTensor)
    return refill(returned, isTensor, (tensor) => tensor.clone()) as never
  })
}

/** @throws TypeError for a promise, whose own failure is then of no interest */
export const refuseAsync = (returned: unknown): void => {
  if (!(returned instanceof Promise)) return
  returned.catch(() => {})
  throw new TypeError(
    "compile() takes no asynchronous function: it would go on after its tensors are freed"
  )
}
