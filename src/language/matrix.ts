/** The matrix: its axes with their labelled values, and the points that are left after `zip`, `exclude` and `include`. */
import {
  type Axis,
  axisNames,
  checkDistinct,
  firstEqual,
  labelled,
  type MatrixRequest,
  readAxis,
  reserved
} from "./matrix-axes.ts"
import { excludedPoints, excluding, includedPoints, zipGroups } from "./matrix-parts.ts"
import type { MapNode } from "./node.ts"
import type { Span } from "./source.ts"

export interface Matrix {
  readonly axes: ReadonlyArray<Axis>
  /** For each point the index of its value on each axis; one empty point without axes. */
  readonly points: ReadonlyArray<ReadonlyArray<number>>
}

const maxPoints = 100_000
/** Comparisons of points with excluded parts: about a second. */
const maxWork = 5_000_000

export const readMatrix = (matrix: MapNode, request: MatrixRequest): Matrix => {
  const drafts = [...matrix.entries]
    .filter(([name]) => !reserved.has(name))
    .flatMap(([name, entry]) => readAxis(name, entry, request) ?? [])
  const before = request.problems.errorCount()
  const extra = includedPoints(matrix, drafts, request)
  const axes = drafts.map(({ name, key, values, own }) => ({
    name,
    key,
    own,
    values: labelled(values)
  }))
  const groups = zipGroups(matrix, axes, request.problems)
  const zipped = new Set(groups.filter((group) => group.length > 1).flat())
  checkDistinct(axes, zipped, request.problems)
  const excluded = excludedPoints(matrix, axes, request)
  if (request.problems.errorCount() > before || axes.length !== axisNames(matrix).length) {
    // Still enough points to check the stages at: one for each value.
    return { axes, points: axes.some((axis) => axis.values.length === 0) ? [] : diagonal(axes) }
  }
  const size = groups.reduce((product, group) => product * (sizeOf(axes, group) || 1), 1)
  if (size + extra.length > maxPoints) {
    request.problems.error(
      "matrix-too-large",
      spanOfKeys(matrix),
      `the matrix has ${size + extra.length} points, and at most ${maxPoints} are possible`,
      "zip axes that belong together, or exclude points by leaving values out"
    )
    return { axes, points: diagonal(axes) }
  }
  const { groupCount, excludes } = excluding(excluded)
  if (size * groupCount > maxWork) {
    request.problems.error(
      "matrix-too-large",
      spanOfKeys(matrix),
      "`exclude` is too long for a matrix of this size"
    )
    return { axes, points: diagonal(axes) }
  }
  const all = pointsOf(axes, groups)
  checkZipped(axes, zipped, all, matrix, request)
  const product = all.filter((point) => !excludes(point))
  const points = distinct([...product, ...extra])
  if (points.length === 0 && axes.length > 0) {
    request.problems.error(
      "empty-matrix",
      spanOfKeys(matrix),
      "no point of the matrix is left: all are excluded"
    )
  }
  return { axes, points }
}

const spanOfKeys = (matrix: MapNode): Span => {
  const [first] = matrix.entries.values()
  return first?.key ?? matrix
}

const sizeOf = (axes: ReadonlyArray<Axis>, group: ReadonlyArray<number>): number =>
  Math.min(...group.map((member) => axes[member]?.own ?? 0))

const pointsOf = (
  axes: ReadonlyArray<Axis>,
  groups: ReadonlyArray<ReadonlyArray<number>>
): ReadonlyArray<ReadonlyArray<number>> => {
  const first = axes.map(firstEqual)
  let points: Array<Array<number>> = [axes.map(() => 0)]
  for (const group of groups) {
    const size = sizeOf(axes, group)
    points = points.flatMap((point) =>
      Array.from({ length: size }, (_, value) =>
        point.map((old, axis) => (group.includes(axis) ? (first[axis]?.[value] ?? value) : old))
      )
    )
  }
  return points
}

/** Zipped values that come together twice would be one point: surely a slip of the pen. */
const checkZipped = (
  axes: ReadonlyArray<Axis>,
  zipped: ReadonlySet<number>,
  points: ReadonlyArray<ReadonlyArray<number>>,
  matrix: MapNode,
  { problems }: MatrixRequest
) => {
  if (distinct(points).length === points.length) return
  const names = [...zipped].map((axis) => `\`${axes[axis]?.name}\``).join(" and ")
  const zip = matrix.entries.get("zip")
  problems.error(
    "duplicate-value",
    zip?.key ?? matrix,
    `the zipped axes ${names} have the same values together twice`
  )
}

const distinct = (
  points: ReadonlyArray<ReadonlyArray<number>>
): ReadonlyArray<ReadonlyArray<number>> => [
  ...new Map(points.map((point) => [point.join(), point])).values()
]

/** As few points as show every value of every axis. */
const diagonal = (axes: ReadonlyArray<Axis>): ReadonlyArray<ReadonlyArray<number>> =>
  Array.from(
    { length: Math.min(maxPoints, Math.max(1, ...axes.map((axis) => axis.values.length))) },
    (_, index) => axes.map((axis) => Math.min(index, axis.values.length - 1))
  )
