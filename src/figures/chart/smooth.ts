/** Noisy series made readable: centred moving means, and fewer points that keep the shape. */

/**
 * The mean over a window around each row, so that a curve is not late. At the beginning, where losses fall steeply, the window
 * is narrower; at the end, where they are level, its later half is cut off.
 *
 * @param window rows, at least 1; an even number counts as the next odd one
 * @returns as many numbers; NaN where the window holds a number that is not finite
 */
export const movingMean = (values: ReadonlyArray<number>, window: number): Float64Array => {
  const reach = Math.floor(window / 2)
  const means = new Float64Array(values.length)
  // Sums from the start lose nothing that a picture shows; what is not finite is counted beside them.
  const sums = new Float64Array(values.length + 1)
  const lost = new Int32Array(values.length + 1)
  for (const [index, value] of values.entries()) {
    const finite = Number.isFinite(value)
    sums[index + 1] = sums[index]! + (finite ? value : 0)
    lost[index + 1] = lost[index]! + (finite ? 0 : 1)
  }
  for (let index = 0; index < values.length; index += 1) {
    const near = Math.min(reach, index)
    const [from, to] = [index - near, Math.min(values.length, index + near + 1)]
    means[index] = lost[to] === lost[from] ? (sums[to]! - sums[from]!) / (to - from) : Number.NaN
  }
  return means
}

/** The indices of so many rows, evenly spaced, with the first and the last; all where there are no more. */
export const evenlySpaced = (length: number, count: number): ReadonlyArray<number> =>
  length <= count
    ? Array.from({ length }, (_, index) => index)
    : Array.from({ length: count }, (_, index) => Math.round((index * (length - 1)) / (count - 1)))

/**
 * The indices of the lowest and the highest value in each of so many stretches of equal length: a line through them covers
 * the same pixels as one through all values, when there are as many stretches as pixels.
 *
 * @returns ascending; all where there are no more than two a stretch
 */
export const extremes = (
  values: ReadonlyArray<number>,
  stretches: number
): ReadonlyArray<number> => {
  const { length } = values
  if (length <= 2 * stretches) return values.map((_, index) => index)
  const kept: Array<number> = []
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    const from = Math.floor((stretch * length) / stretches)
    const to = Math.floor(((stretch + 1) * length) / stretches)
    let [low, high] = [from, from]
    for (let index = from; index < to; index += 1) {
      if (values[index]! < values[low]! || Number.isNaN(values[low]!)) low = index
      if (values[index]! > values[high]! || Number.isNaN(values[high]!)) high = index
    }
    kept.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]))
  }
  return kept
}

/** 1, 2 or 5 times a power of ten, the nearest from below; at least 1. */
export const roundDown = (value: number): number => {
  if (value < 2) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const first = value / power
  return (first >= 5 ? 5 : first >= 2 ? 2 : 1) * power
}
