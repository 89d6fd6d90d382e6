/** `tf.customGrad` with its types: which tensors the backward pass keeps, and one gradient for each input. */
import type { Tensor } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

export interface WithBackward<Out extends Tensor, Saved extends Readonly<Record<string, Tensor>>> {
  readonly value: Out
  /** What the backward pass needs; kept until then when a gradient is being taken, else freed. */
  readonly saved: Saved
  /** The gradients of the inputs, in their order and of their shapes. It may use `saved`, no other tensor of the forward pass. */
  readonly backward: (dy: Out, saved: Saved) => ReadonlyArray<Tensor>
}

/**
 * The value of `forward`, whose gradients are those that its `backward` gives.
 *
 * @returns a tensor that belongs to the scope of the caller; all else that `forward` makes is freed
 */
export const customGradient = <Out extends Tensor, Saved extends Readonly<Record<string, Tensor>>>(
  inputs: ReadonlyArray<Tensor>,
  forward: () => WithBackward<Out, Saved>
): Out =>
  tf.customGrad<Out>((...given) => {
    const save = given.at(-1) as unknown as (tensors: Array<Tensor>) => void
    const { backward, saved, value } = forward()
    const names = Object.keys(saved)
    save(Object.values(saved))
    return {
      value,
      gradFunc: (dy, kept) => [
        ...backward(dy, Object.fromEntries(names.map((name, i) => [name, kept[i]!])) as Saved)
      ]
    }
  })(...inputs)
