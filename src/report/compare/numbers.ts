/** How far two arrays of numbers are apart. */

export interface Difference {
  readonly count: number
  /** How many numbers differ in their bits' meaning: equal numbers, and NaN beside NaN, do not. */
  readonly different: number
  /** The largest absolute difference, over the finite ones. */
  readonly largest: number
  /** Where it is, as a position in the flat array; absent when nothing differs. */
  readonly at?: number
  /** Mean of the squared differences. */
  readonly mse: number
}

/** @throws RangeError when the arrays are not of one length */
export const differenceOf = (a: ArrayLike<number>, b: ArrayLike<number>): Difference => {
  if (a.length !== b.length) throw new RangeError(`${a.length} numbers against ${b.length}`)
  let [different, largest, squares] = [0, 0, 0]
  let at: number | undefined
  for (let index = 0; index < a.length; index++) {
    const [left, right] = [a[index] ?? Number.NaN, b[index] ?? Number.NaN]
    if (left === right || (Number.isNaN(left) && Number.isNaN(right))) continue
    different++
    at ??= index
    const distance = Math.abs(left - right)
    if (!Number.isFinite(distance)) continue
    squares += distance * distance
    if (distance > largest) [largest, at] = [distance, index]
  }
  return {
    count: a.length,
    different,
    largest,
    ...(at === undefined ? {} : { at }),
    mse: a.length === 0 ? 0 : squares / a.length
  }
}
