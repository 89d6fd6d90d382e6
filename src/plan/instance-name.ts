/** Names of stage instances as people write them: a stage, an instance, a part of the matrix, a pattern; with a port. */

export interface InstanceName {
  /** `noisy`, `blurred[kernel=3]`, `blur*`. */
  readonly name: string
  readonly port?: string
}

/** `noisy.images`, `blurred[sigma=0.5].images`: the port follows the last dot outside of the brackets. */
export const readInstanceName = (text: string): InstanceName => {
  const match = /^(.+\]|[^.[\]]+)\.([A-Za-z]\w*)$/.exec(text)
  const [, name, port] = match ?? []
  return name === undefined || port === undefined ? { name: text } : { name, port }
}

/** `blurred` for `blurred[kernel=3]`. */
export const stageOf = (id: string): string => {
  const bracket = id.indexOf("[")
  return bracket < 0 ? id : id.slice(0, bracket)
}

/** The ids that a name means, by the first of: the id itself, its stage, a part of its point, a pattern. */
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

const byStage =
  (name: string): Matches =>
  (id) =>
    stageOf(id) === name

const byPoint = (name: string): Matches => {
  const wanted = pointOf(name)
  if (wanted.length === 0) return () => false
  return (id) => {
    const has = new Set(pointOf(id))
    return stageOf(id) === stageOf(name) && wanted.every((part) => has.has(part))
  }
}

/** `["kernel=3", "sigma=0.5"]` */
const pointOf = (id: string): ReadonlyArray<string> => {
  const inside = /^[^[\]]+\[(.*)\]$/.exec(id)?.[1]
  return inside === undefined ? [] : inside.split(",").map((part) => part.trim())
}

const byPattern = (name: string): Matches => {
  if (!/[*?]/.test(name)) return () => false
  const source = name
    .replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
  const pattern = new RegExp(`^${source}$`, "s")
  return (id) => pattern.test(id) || pattern.test(stageOf(id))
}
