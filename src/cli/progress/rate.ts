/** How fast a stage is now: over the last seconds, since steps need not all take the same time. */

export interface Sample {
  readonly at: number
  readonly done: number
}

const windowMs = 15_000
const spacingMs = 250

/** Keeps samples a little apart, as long as they are in the window; the first never goes before there is a second. */
export const addSample = (samples: ReadonlyArray<Sample>, next: Sample): ReadonlyArray<Sample> => {
  const last = samples.at(-1)
  if (last !== undefined && next.done < last.done) return [next]
  if (last !== undefined && samples.length > 1 && next.at - last.at < spacingMs) {
    return [...samples.slice(0, -1), next]
  }
  const fresh = samples.filter(
    ({ at }, index) => next.at - at <= windowMs || index >= samples.length - 2
  )
  return [...fresh, next]
}

/** Per second; undefined as long as nothing has moved for at least a tenth of a second. */
export const rateOf = (samples: ReadonlyArray<Sample>): number | undefined => {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const seconds = (last.at - first.at) / 1000
  return seconds < 0.1 || last.done <= first.done ? undefined : (last.done - first.done) / seconds
}
