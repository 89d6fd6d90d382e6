/** Maps over maps: what `extends` and `--params` do. */
import { isNull, type Entry, type MapNode, type Node } from "./node.ts"

/**
 * The maps of `over` merged into those of `under`, key by key; everything else is replaced.
 *
 * @param removes whether a key with `null` in `over` removes that key of `under`
 */
export const mergeMaps = (under: MapNode, over: MapNode, removes: boolean): MapNode => {
  const entries = new Map<string, Entry>(under.entries)
  for (const [name, entry] of over.entries) {
    const below = entries.get(name)
    if (below !== undefined && removes && isNull(entry.value)) entries.delete(name)
    else if (below !== undefined)
      entries.set(name, { key: entry.key, value: mergeNodes(below.value, entry.value, removes) })
    else entries.set(name, entry)
  }
  return { ...over, entries }
}

const mergeNodes = (under: Node, over: Node, removes: boolean): Node =>
  under.kind === "map" && over.kind === "map" ? mergeMaps(under, over, removes) : over

/** The map with the value at `path` replaced; maps on the way that are absent are made. */
export const withValueAt = (map: MapNode, path: ReadonlyArray<string>, entry: Entry): MapNode => {
  const [name, ...rest] = path
  if (name === undefined) return map
  const below = map.entries.get(name)
  const value = rest.length === 0 ? entry.value : replaceBelow(below?.value, rest, entry)
  return {
    ...map,
    entries: new Map(map.entries).set(name, {
      key: rest.length === 0 ? entry.key : (below?.key ?? entry.key),
      value
    })
  }
}

const replaceBelow = (node: Node | undefined, path: ReadonlyArray<string>, entry: Entry): Node => {
  if (node?.kind === "list") {
    const [index, ...rest] = path
    return {
      ...node,
      items: node.items.map((item, at) =>
        String(at) !== index
          ? item
          : rest.length === 0
            ? entry.value
            : replaceBelow(item, rest, entry)
      )
    }
  }
  const map: MapNode =
    node?.kind === "map" ? node : { ...entry.key, kind: "map", entries: new Map() }
  return withValueAt(map, path, entry)
}
