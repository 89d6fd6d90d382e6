/** What a large array of numbers is like, in one pass that stays exact enough for float32 data (Welford's update). */

export interface Statistics {
  readonly count: number
  /** NaN and infinities, which the other numbers leave out. */
  readonly notFinite: number
  /** Absent when no number is finite. */
  readonly min?: number
  readonly max?: number
  readonly mean?: number
  /** Standard deviation of the population. */
  readonly deviation?: number
}

export const statisticsOf = (data: ArrayLike<number>): Statistics => {
  let [finite, min, max, mean, squares] = [
    0,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    0
  ]
  for (let index = 0; index < data.length; index++) {
    const number = data[index] ?? Number.NaN
    if (!Number.isFinite(number)) continue
    finite++
    if (number < min) min = number
    if (number > max) max = number
    const delta = number - mean
    mean += delta / finite
    squares += delta * (number - mean)
  }
  return {
    count: data.length,
    notFinite: data.length - finite,
    ...(finite === 0 ? {} : { min, max, mean, deviation: Math.sqrt(squares / finite) })
  }
}
