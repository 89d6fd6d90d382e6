/** How a network is applied to many images: in batches of one size, so that one recording serves them all. */

export interface Batch {
  /** Which items are in it; the last is repeated where there are too few. */
  readonly items: ReadonlyArray<number>
  /** How many of them count: the first so many. */
  readonly real: number
}

/**
 * Items 0 to `count - 1` in as few batches as `largest` allows, all of one size.
 *
 * A batch has two items at least, unless who computes it sees to that. The engine computes convolutions of a single image in
 * another way (`docs/engine.md`), with other roundings; from two on, an image's bits do not depend on how many there are beside
 * it. So an item's result is the same alone and among others.
 *
 * @param least 2, or 1
 */
export const equalBatches = (count: number, largest: number, least = 2): ReadonlyArray<Batch> => {
  const batches = Math.ceil(count / Math.max(largest, least))
  const size = Math.max(Math.ceil(count / batches), least)
  return Array.from({ length: batches }, (_, batch) => {
    const start = batch * size
    return {
      items: Array.from({ length: size }, (_, i) => Math.min(start + i, count - 1)),
      real: Math.min(size, count - start)
    }
  })
}
