/** Where in a tensor a number stands. Its data are row-major. */

/** Position in a flat array → index in each dimension, `[2, 14, 0]`. */
export const indexAt = (position: number, shape: ReadonlyArray<number>): ReadonlyArray<number> => {
  let rest = position
  return shape
    .toReversed()
    .map((size) => {
      const index = rest % size
      rest = Math.floor(rest / size)
      return index
    })
    .toReversed()
}
