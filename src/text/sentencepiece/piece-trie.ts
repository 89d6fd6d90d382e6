/** Finds which of many byte strings a text goes on with at a place: a trie in flat arrays. */

export interface PieceTrie {
  /** Calls `found` for each key that begins at `start`, the shortest first, with the place behind it. */
  readonly eachPrefix: (
    text: Uint8Array,
    start: number,
    found: (value: number, end: number) => void
  ) => void
}

export const pieceTrie = (keys: Iterable<readonly [key: Uint8Array, value: number]>): PieceTrie => {
  /** Children of all nodes: node · 256 + byte → node. The root is node 0. */
  const children = new Map<number, number>()
  const values: Array<number | undefined> = [undefined]
  for (const [key, value] of keys) {
    let node = 0
    for (const byte of key) {
      const edge = node * 256 + byte
      let next = children.get(edge)
      if (next === undefined) {
        next = values.push(undefined) - 1
        children.set(edge, next)
      }
      node = next
    }
    values[node] = value
  }
  return {
    eachPrefix: (text, start, found) => {
      let node: number | undefined = 0
      for (let at = start; at < text.length; at++) {
        node = children.get(node * 256 + text[at]!)
        if (node === undefined) return
        const value = values[node]
        if (value !== undefined) found(value, at + 1)
      }
    }
  }
}
