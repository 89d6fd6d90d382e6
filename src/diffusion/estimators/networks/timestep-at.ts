/** Which timestep of a network's own schedule has a signal-to-noise ratio. */

/** A ratio nearer than this to a timestep's own is that timestep's. */
const rounding = 1e-9

/**
 * From 0 to T - 1; between two timesteps interpolated in the logarithm of the ratio. What is cleaner than timestep 0 or noisier
 * than the last is taken for these.
 *
 * @param table ᾱ of the schedule, falling
 */
export const timestepAt = (alphaBar: number, table: ReadonlyArray<number>): number => {
  const last = table.length - 1
  if (!(alphaBar < table[0]!)) return 0
  if (alphaBar <= table[last]!) return last
  // The last timestep that is at least as clean.
  let [low, high] = [0, last]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (table[middle]! >= alphaBar) low = middle
    else high = middle
  }
  const [from, to, at] = [logRatio(table[low]!), logRatio(table[high]!), logRatio(alphaBar)]
  const share = (from - at) / (from - to)
  if (share < rounding) return low
  return share > 1 - rounding ? high : low + share
}

/** The logarithm of signal to noise, squared. */
const logRatio = (alphaBar: number): number => Math.log(alphaBar / (1 - alphaBar))
