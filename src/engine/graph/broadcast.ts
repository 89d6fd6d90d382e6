import { type Shape } from "./value.ts"

/** The shape of an element-wise result of two tensors, by numpy's rule. */
export const broadcastShape = (a: Shape, b: Shape): Shape => {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, axis) => {
    const x = a[axis - rank + a.length] ?? 1
    const y = b[axis - rank + b.length] ?? 1
    if (x !== y && x !== 1 && y !== 1) {
      throw new Error(
        `Operands could not be broadcast together with shapes ${a.join()} and ${b.join()}.`
      )
    }
    return x === 1 ? y : x
  })
}
