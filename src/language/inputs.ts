/** What is wired to the inputs of a stage at each of its points: the same point of another stage, or those gathered. */
import type { TypeExpression } from "../values/type-expression.ts"
import type { Placed } from "./axes.ts"
import type { Matrix } from "./matrix.ts"
import type { InputRef, OutputRef } from "./pipeline.ts"
import type { WireItem } from "./wiring.ts"

export interface InputSource {
  readonly name: string
  readonly port: TypeExpression
  readonly item: WireItem
  /** Of the other stage's instance. */
  readonly index: number
}

export interface Inputs {
  readonly refs: { readonly [port: string]: InputRef }
  readonly sources: ReadonlyArray<InputSource>
}

/** What is wired to the inputs of a stage at one of its points. */
export const inputReader = (one: Placed, placed: ReadonlyMap<string, Placed>, matrix: Matrix) => {
  const readers = one.stage.wires.flatMap((wire) => {
    const items = wire.items.flatMap((item) => {
      const from = placed.get(item.from)
      // Not placed: part of a cycle, which is reported.
      return from === undefined
        ? []
        : [{ item, from, find: wire.collects ? gatherer(one, from) : finder(one, from) }]
    })
    return [{ wire, items }]
  })
  return (point: ReadonlyArray<number>): Inputs => {
    const refs: Record<string, InputRef> = {}
    const sources: Array<InputSource> = []
    for (const { wire, items } of readers) {
      const found: Array<{ readonly label: string; readonly from: OutputRef }> = []
      for (const { item, from, find } of items) {
        for (const index of find(point)) {
          sources.push({ name: wire.port.name, port: wire.port.type, item, index })
          found.push({
            label: wire.collects ? gatheredLabel(one, from, index, matrix, item.label) : item.label,
            from: { instance: instanceId(from, index, matrix), port: item.output?.name ?? "" }
          })
        }
      }
      const [only] = found
      if (wire.port.many) refs[wire.port.name] = { kind: "many", items: found }
      else if (only !== undefined) refs[wire.port.name] = { kind: "one", from: only.from }
    }
    return { refs, sources }
  }
}

const instanceId = (placed: Placed, index: number, matrix: Matrix): string => {
  const { axes, projection, stage } = placed
  if (axes.length === 0) return stage.name
  const labels = labelsOf(axes, projection.points[index] ?? [], matrix)
  return `${stage.name}[${Object.entries(labels)
    .map(([axis, label]) => `${axis}=${label}`)
    .join(",")}]`
}

const gatheredLabel = (
  one: Placed,
  from: Placed,
  index: number,
  matrix: Matrix,
  otherwise: string
): string => {
  const point = from.projection.points[index] ?? []
  const parts = from.axes.flatMap((axis, at) => {
    if (!one.over.has(axis)) return []
    const { name = "", values = [] } = matrix.axes[axis] ?? {}
    return [`${name}=${values[point[at] ?? -1]?.label ?? ""}`]
  })
  return parts.length === 0 ? otherwise : parts.join(",")
}

type Find = (point: ReadonlyArray<number>) => ReadonlyArray<number>

/** The instance of `from` at the same point. */
const finder = (one: Placed, from: Placed): Find => {
  const places = from.axes.map((axis) => one.axes.indexOf(axis))
  return (point) => {
    const index = from.projection.indexOf.get(places.map((place) => point[place] ?? 0).join())
    return index === undefined ? [] : [index]
  }
}

/** The instances of `from` that agree with the point on the axes that are not gathered over. */
const gatherer = (one: Placed, from: Placed): Find => {
  const rest = from.axes.flatMap((axis, at) =>
    one.over.has(axis) ? [] : [{ at, place: one.axes.indexOf(axis) }]
  )
  const groups = new Map<string, Array<number>>()
  for (const [index, point] of from.projection.points.entries()) {
    const key = rest.map(({ at }) => point[at] ?? 0).join()
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [index])
    else group.push(index)
  }
  return (point) => groups.get(rest.map(({ place }) => point[place] ?? 0).join()) ?? []
}

/** Axis → label, of a point on some axes. */
export const labelsOf = (
  axes: ReadonlyArray<number>,
  point: ReadonlyArray<number>,
  matrix: Matrix
) =>
  Object.fromEntries(
    axes.map((axis, index) => {
      const { name = "", values = [] } = matrix.axes[axis] ?? {}
      return [name, values[point[index] ?? -1]?.label ?? ""]
    })
  )
