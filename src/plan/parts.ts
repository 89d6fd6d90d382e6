/** Stage instances and the parts that they are made of: what belongs together, and what people count as one. */
import type { StageInstance } from "../language/pipeline.ts"
import { ownerOf } from "./instance-name.ts"

type Named = Pick<StageInstance, "id" | "part">

/** The id of the instance that a part belongs to; that of the instance itself when it is no part. */
export const ownerIdOf = ({ id, part }: Named): string =>
  part === undefined ? id : id.slice(0, -part.length - 1)

/** The ids, and those of the parts of the instances among them. */
export const withParts = (
  instances: ReadonlyArray<Named>,
  ids: ReadonlySet<string>
): ReadonlySet<string> =>
  new Set(
    instances.flatMap((instance) =>
      ids.has(instance.id) || (instance.part !== undefined && ids.has(ownerIdOf(instance)))
        ? [instance.id]
        : []
    )
  )

/** How many instances there are when each is one with its parts; parts whose instance is not there are one as well. */
export const countWholes = (instances: Iterable<Named>): number => {
  let count = 0
  const split = new Set<string>()
  for (const instance of instances) {
    if (instance.part !== undefined) split.add(ownerIdOf(instance))
    else {
      count += 1
      split.delete(instance.id)
    }
  }
  return count + split.size
}

/** One instance with its parts. */
export interface Whole<A> {
  /** Of the instance, also where only parts of it are at hand. */
  readonly id: string
  readonly parts: ReadonlyArray<A>
  /** Absent where only parts were asked for. */
  readonly own?: A
}

/** Groups what there is by instance, in order. */
export const wholesOf = <A>(
  items: ReadonlyArray<A>,
  idOf: (item: A) => string
): ReadonlyArray<Whole<A>> => {
  const found = new Map<string, { readonly id: string; readonly parts: Array<A>; own?: A }>()
  for (const item of items) {
    const id = idOf(item)
    const owner = ownerOf(id)
    const whole = found.get(owner) ?? { id: owner, parts: [] }
    found.set(owner, whole)
    if (owner === id) whole.own = item
    else whole.parts.push(item)
  }
  return [...found.values()]
}

/** Names of parts, those that count on as one: `epoch-1 to epoch-5, look-1 and look-2`. */
export const partNames = (names: ReadonlyArray<string>): string => {
  const groups = new Map<string, Array<string>>()
  for (const name of names) {
    const stem = name.replace(/\d+$/, "")
    const group = groups.get(stem)
    if (group === undefined) groups.set(stem, [name])
    else group.push(name)
  }
  const texts = [...groups.values()].flatMap(runsOf)
  return texts.length <= 1 ? texts.join("") : `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}`
}

/** Three or more whose numbers follow each other are a range. */
const runsOf = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const runs: Array<Array<string>> = []
  for (const name of names) {
    const last = runs.at(-1)
    const number = numberOf(name)
    const before = last?.at(-1)
    if (last !== undefined && before !== undefined && number === numberOf(before) + 1)
      last.push(name)
    else runs.push([name])
  }
  return runs.flatMap((run) => (run.length < 3 ? run : [`${run[0]} to ${run.at(-1)}`]))
}

const numberOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? Number.NaN)
