/** Things that are costly to make and used again soon: recorded steps. */

/** How many are kept: an ablation seldom trains more than two networks in turns, and a large one's step holds a gigabyte. */
const kept = 2

/** The function that makes a thing only when it is not among those that were asked for last. */
export const remembered = <A>(): ((key: string, make: () => A) => A) => {
  /** In the order of last use. */
  const things = new Map<string, A>()
  return (key, make) => {
    const thing = things.get(key) ?? make()
    things.delete(key)
    things.set(key, thing)
    if (things.size > kept) things.delete(things.keys().next().value!)
    return thing
  }
}
