/**
 * Who waits for whom among the instances of a run. Counters instead of searches: finishing an instance costs as much as
 * it has dependents.
 */
import type { InputRef, StageInstance } from "../language/pipeline.ts"

export interface Dependencies {
  /** Instances that wait for none of this run, in the order of the pipeline. */
  readonly free: ReadonlyArray<string>
  /** Takes note that `id` has its outputs; gives the instances that now have all their inputs, in order. */
  readonly finish: (id: string) => ReadonlyArray<string>
  /** All that need `id`, even indirectly, each once over the life of this record, in order. */
  readonly fail: (id: string) => ReadonlyArray<string>
}

/** The instances that an input comes from. */
export const sourcesOf = (input: InputRef): ReadonlyArray<string> =>
  input.kind === "one" ? [input.from.instance] : input.items.map((item) => item.from.instance)

/** @param instances in an order where each comes after those that it reads; inputs from elsewhere count as there */
export const makeDependencies = (instances: ReadonlyArray<StageInstance>): Dependencies => {
  const position = new Map(instances.map((instance, index) => [instance.id, index]))
  const missing = new Uint32Array(instances.length)
  const dependents: ReadonlyArray<Array<number>> = instances.map(() => [])
  for (const [index, instance] of instances.entries()) {
    const needed = new Set(Object.values(instance.inputs).flatMap(sourcesOf))
    for (const id of needed) {
      const source = position.get(id)
      if (source === undefined) continue
      dependents[source]?.push(index)
      missing[index] = (missing[index] ?? 0) + 1
    }
  }
  const idAt = (index: number) => instances[index]?.id ?? ""
  const dependentsOf = (index: number | undefined) =>
    index === undefined ? [] : (dependents[index] ?? [])
  const doomed = new Set<number>()
  return {
    free: instances.filter((_, index) => missing[index] === 0).map((instance) => instance.id),
    finish: (id) =>
      dependentsOf(position.get(id))
        .filter((index) => {
          missing[index] = (missing[index] ?? 1) - 1
          return missing[index] === 0
        })
        .map(idAt),
    fail: (id) => {
      const found: Array<number> = []
      const open = [...dependentsOf(position.get(id))]
      for (let index = open.pop(); index !== undefined; index = open.pop()) {
        if (doomed.has(index)) continue
        doomed.add(index)
        found.push(index)
        open.push(...dependentsOf(index))
      }
      return found.toSorted((a, b) => a - b).map(idAt)
    }
  }
}
