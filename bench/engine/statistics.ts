export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** @throws RangeError when there is nothing to sum up */
export const summary = (values: ReadonlyArray<number>): Summary => {
  if (values.length === 0) throw new RangeError("no measurements")
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return {
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    min: sorted[0]!,
    max: sorted.at(-1)!
  }
}
