/** Results beside the one tensor that TensorFlow.js lets out of a function whose gradient is taken. */
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

type Tensors = Readonly<Record<string, Tensor>>

/**
 * Runs `body` and returns, beside its result, the tensors that it gave to `carry`. `tf.customGrad`, `tf.grads` and their
 * like free everything that was made in them but their result; carried tensors outlive that, and then belong to the scope of
 * the caller. No gradient flows through them.
 *
 * @param body calls `carry` at most once
 */
export const withSideResults = <R, S extends Tensors>(
  body: (carry: (tensors: S) => void) => R
): { readonly result: R; readonly carried: S } => {
  let kept: ReadonlyArray<readonly [string, Tensor]> = []
  try {
    const result = body((tensors) => {
      kept = Object.entries(tensors).map(([name, tensor]) => [name, tf.keep(tensor.clone())])
    })
    // A kept tensor belongs to no scope, so a clone made here takes its place.
    const carried = kept.map(([name, tensor]) => [name, tensor.clone()] as const)
    return { result, carried: Object.fromEntries(carried) as S }
  } finally {
    for (const [, tensor] of kept) tensor.dispose()
  }
}
