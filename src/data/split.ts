/** Data sets in two parts, and parts of data sets, by places only. */
import type { Dataset } from "../values/values.ts"
import { shuffled } from "../engine/random/shuffled.ts"

const shuffleStream = "dataset shuffle"

/** How much of a data set: a fraction below 1, or a number of images. */
export const countOf = (size: number, of: number): number =>
  size < 1 ? Math.round(size * of) : size

/**
 * Two parts that have no image in common. Each keeps the data set's order; with one seed, a larger first part contains a
 * smaller one.
 *
 * @param size of the first part, as in `countOf`
 * @param stratified whether both parts have the classes in equal shares, as far as whole images allow
 */
export const splitPlaces = (
  { labels, shape: [count] }: Dataset,
  {
    seed,
    size,
    stratified
  }: { readonly seed: number; readonly size: number; readonly stratified: boolean }
): { readonly first: Int32Array; readonly rest: Int32Array } => {
  const order = shuffled(count, seed, shuffleStream)
  const taken = stratified && labels !== undefined ? spreadClasses(order, labels) : order
  const first = taken.slice(0, countOf(size, count)).toSorted()
  const rest = taken.slice(first.length).toSorted()
  return { first, rest }
}

/**
 * An order in which each beginning has the classes in about their shares: image r of a class of n stands where the share
 * (r + ½) / n of the whole is reached.
 */
const spreadClasses = (order: Int32Array, labels: Int32Array): Int32Array => {
  const sizes = new Map<number, number>()
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1)
  const seen = new Map<number, number>()
  const shares = Array.from(order, (place, index) => {
    const label = labels[place]!
    const rank = seen.get(label) ?? 0
    seen.set(label, rank + 1)
    return { place, index, share: (rank + 0.5) / sizes.get(label)! }
  })
  const sorted = shares.toSorted((a, b) => a.share - b.share || a.index - b.index)
  return Int32Array.from(sorted, ({ place }) => place)
}

export interface SubsetRequest {
  /** Places of the first images to leave out. */
  readonly from: number
  /** At most; all when absent. */
  readonly count?: number
  /** Only images of these classes, by index; all when absent. */
  readonly classes?: ReadonlyArray<number>
  /** As many of each class: `count` is shared out, the first classes getting one more where it does not go round. */
  readonly balanced: boolean
}

/** The first images that a subset asks for, in the data set's order; fewer where there are no more. */
export const subsetPlaces = (
  { classes, labels, shape: [total] }: Dataset,
  { balanced, classes: wanted, count, from }: SubsetRequest
): Int32Array => {
  const kept = new Set(wanted ?? classes.keys())
  const places: Array<number> = []
  for (let place = from; place < total; place++) {
    if (labels === undefined || kept.has(labels[place]!)) places.push(place)
  }
  if (!balanced || labels === undefined) return Int32Array.from(places.slice(0, count))
  const order = [...kept].toSorted((a, b) => a - b)
  const found = new Map(order.map((label) => [label, 0]))
  for (const place of places) found.set(labels[place]!, found.get(labels[place]!)! + 1)
  const fewest = Math.min(...found.values())
  const each = (rank: number) =>
    count === undefined
      ? fewest
      : Math.floor(count / order.length) + (rank < count % order.length ? 1 : 0)
  const room = new Map(order.map((label, rank) => [label, each(rank)]))
  return Int32Array.from(
    places.filter((place) => {
      const label = labels[place]!
      const left = room.get(label)!
      room.set(label, left - 1)
      return left > 0
    })
  )
}
