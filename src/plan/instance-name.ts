/**
 * Names of stage instances as people write them: a stage, an instance, a point of the matrix, a pattern; with the name of a
 * part after a slash, and with a port.
 */

export interface InstanceName {
  /** `noisy`, `blurred[kernel=3]`, `blur*`. */
  readonly name: string
  readonly port?: string
}

/** `noisy.images`, `train[rate=0.5]/epoch-1.model`: the port follows the last dot outside of the brackets. */
export const readInstanceName = (text: string): InstanceName => {
  const match = /^(.+\](?:\/[^.[\]/]+)?|[^.[\]]+)\.([A-Za-z]\w*)$/.exec(text)
  const [, name, port] = match ?? []
  return name === undefined || port === undefined ? { name: text } : { name, port }
}

/** `blurred` for `blurred[kernel=3]`, `train` for `train[seed=1]/epoch-3`. */
export const stageOf = (id: string): string => {
  const end = id.search(/[[/]/)
  return end < 0 ? id : id.slice(0, end)
}

/** `train[seed=1]` for `train[seed=1]/epoch-3`; the id itself when it is no part's. A label may hold a slash too. */
export const ownerOf = (id: string): string => {
  const slash = id.lastIndexOf("/")
  return slash >= 0 && slash > id.lastIndexOf("]") ? id.slice(0, slash) : id
}

/** `epoch-3` for `train[seed=1]/epoch-3`. */
export const partOf = (id: string): string | undefined => {
  const owner = ownerOf(id)
  return owner === id ? undefined : id.slice(owner.length + 1)
}

/**
 * The ids that a name means, by the first of: the id itself, its stage, some of its point, a pattern.
 *
 * Parts are only meant by names of parts: `train/epoch-3`, `train/epoch-*`, `train[seed=1]/epoch-3`.
 */
export const idsNamed = (ids: ReadonlyArray<string>, name: string): ReadonlyArray<string> => {
  for (const matches of [byId(name), byStage(name), byPoint(name), byPattern(name)]) {
    const found = ids.filter(matches)
    if (found.length > 0) return found
  }
  return []
}

type Matches = (id: string) => boolean

const byId =
  (name: string): Matches =>
  (id) =>
    id === name

const byStage = (name: string): Matches => {
  const [stage, part] = [ownerOf(name), partOf(name)]
  return (id) => stageOf(id) === stage && partOf(id) === part
}

const byPoint = (name: string): Matches => {
  const wanted = pointOf(name)
  if (wanted.length === 0) return () => false
  const [stage, part] = [stageOf(name), partOf(name)]
  return (id) => {
    if (stageOf(id) !== stage || partOf(id) !== part) return false
    const has = new Set(pointOf(id))
    return wanted.every((one) => has.has(one))
  }
}

/** `["kernel=3", "sigma=0.5"]` */
const pointOf = (id: string): ReadonlyArray<string> => {
  const inside = /^[^[\]]+\[(.*)\]$/.exec(ownerOf(id))?.[1]
  return inside === undefined ? [] : inside.split(",").map((one) => one.trim())
}

const byPattern = (name: string): Matches => {
  if (!/[*?]/.test(name)) return () => false
  const [owner, part] = [patternOf(ownerOf(name)), partOf(name)]
  const ofPart = part === undefined ? undefined : patternOf(part)
  return (id) => {
    const itsPart = partOf(id)
    if (
      ofPart === undefined ? itsPart !== undefined : itsPart === undefined || !ofPart.test(itsPart)
    )
      return false
    return owner.test(ownerOf(id)) || owner.test(stageOf(id))
  }
}

const patternOf = (text: string): RegExp => {
  const source = text
    .replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
  return new RegExp(`^${source}$`, "s")
}
