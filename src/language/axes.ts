/** Which axes each stage depends on, and its points: one for each distinct projection of the matrix on those axes. */
import type { Interpolation } from "./interpolate.ts"
import { unknownAxis } from "./matrix-parts.ts"
import type { Matrix } from "./matrix.ts"
import { quote } from "./node.ts"
import type { Problems } from "./problems.ts"
import type { Graph, WiredStage } from "./wiring.ts"

const maxInstances = 100_000
/** Steps of projecting points on sets of axes: about a second. */
const maxWork = 20_000_000

export interface Placed {
  readonly stage: WiredStage
  /** Indices of axes, ascending. */
  readonly axes: ReadonlyArray<number>
  readonly projection: Projection
  /** Axes that `collect` gathers over. */
  readonly over: ReadonlySet<number>
}

/** The distinct points on some axes, in the order of the axes' values. */
export interface Projection {
  readonly points: ReadonlyArray<ReadonlyArray<number>>
  readonly indexOf: ReadonlyMap<string, number>
}

export interface Placing {
  readonly graph: Graph
  readonly matrix: Matrix
  /** The names of all axes, also of those whose values are wrong. */
  readonly declared: ReadonlySet<string>
  readonly values: Interpolation
  readonly problems: Problems
}

/** In the graph's order; nothing when there are too many instances, which is reported. */
export const placeStages = ({
  graph,
  matrix,
  declared,
  values,
  problems
}: Placing): ReadonlyMap<string, Placed> | undefined => {
  const indexByName = new Map(matrix.axes.map((axis, index) => [axis.name, index]))
  const project = projector(matrix)
  const placed = new Map<string, Placed>()
  let count = 0
  for (const stage of graph.order) {
    const over = overAxes(stage, indexByName, declared, problems)
    const axes = new Set<number>()
    for (const axis of directAxes(stage, values)) {
      const index = indexByName.get(axis)
      if (index !== undefined) axes.add(index)
    }
    const gathered = new Set<number>()
    for (const { collects, items } of stage.wires) {
      for (const { from, text, at } of items) {
        const source = placed.get(from)
        if (source === undefined) continue
        const met = source.axes.filter((axis) => collects && over.has(axis))
        for (const axis of met) gathered.add(axis)
        for (const axis of source.axes) if (!met.includes(axis)) axes.add(axis)
        if (collects && met.length === 0 && over.size > 0) {
          const names = [...over].map((axis) => `\`${matrix.axes[axis]?.name}\``).join(" and ")
          problems.error(
            "nothing-to-collect",
            at,
            `\`${text}\` is the same at every value of ${names}: there is nothing to gather`,
            "wire it with `in`"
          )
        }
      }
    }
    const collecting = stage.wires.some(({ collects, items }) => collects && items.length > 0)
    for (const { axis, at } of stage.written.over) {
      const index = indexByName.get(axis)
      if (collecting && index !== undefined && gathered.size > 0 && !gathered.has(index)) {
        problems.error(
          "nothing-to-collect",
          at,
          `nothing in \`from\` depends on the axis \`${axis}\``
        )
      }
    }
    const own = [...axes].toSorted((a, b) => a - b)
    const projection = project(own)
    if (projection === undefined) {
      problems.error(
        "matrix-too-large",
        stage.written.key,
        "the matrix has too many axes and points for this many stages"
      )
      return undefined
    }
    count += projection.points.length
    if (count > maxInstances) {
      problems.error(
        "matrix-too-large",
        stage.written.key,
        `with \`${stage.name}\` the pipeline has more than ${maxInstances} stage instances`,
        "make fewer stages depend on the matrix, or split it over several pipelines"
      )
      return undefined
    }
    placed.set(stage.name, { stage, axes: own, projection, over })
  }
  return placed
}

const directAxes = ({ written }: WiredStage, values: Interpolation): ReadonlySet<string> => {
  const axes = new Set<string>()
  for (const node of [written.with?.node, written.resources]) {
    if (node !== undefined) for (const axis of values.axesOf(node)) axes.add(axis)
  }
  return axes
}

const overAxes = (
  { written }: WiredStage,
  indexByName: ReadonlyMap<string, number>,
  declared: ReadonlySet<string>,
  problems: Problems
): ReadonlySet<number> => {
  const over = new Set<number>()
  for (const { axis, at } of written.over) {
    const index = indexByName.get(axis)
    if (index === undefined) unknownAxis(axis, at, declared, problems)
    else if (over.has(index))
      problems.error("duplicate-value", at, `the axis ${quote(axis)} is given twice`)
    else over.add(index)
  }
  return over
}

const projector = (matrix: Matrix) => {
  const known = new Map<string, Projection>()
  let work = 0
  return (axes: ReadonlyArray<number>): Projection | undefined => {
    const name = axes.join()
    const found = known.get(name)
    if (found !== undefined) return found
    work += matrix.points.length * Math.max(1, axes.length)
    if (work > maxWork) return undefined
    const distinct = new Map<string, ReadonlyArray<number>>()
    if (axes.length === 0) distinct.set("", [])
    else {
      for (const point of matrix.points) {
        const part = axes.map((axis) => point[axis] ?? 0)
        distinct.set(part.join(), part)
      }
    }
    const points = [...distinct.values()].toSorted(compare)
    const projection = {
      points,
      indexOf: new Map(points.map((point, index) => [point.join(), index]))
    }
    known.set(name, projection)
    return projection
  }
}

const compare = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
