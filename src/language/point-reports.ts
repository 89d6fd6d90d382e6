/** Problems of one stage's instances, each told once: with the point only when it depends on it. */
import type { Misfit } from "./convert-hint.ts"
import type { Span } from "./source.ts"

export interface PointReport {
  readonly code: string
  readonly at: Span
  readonly message: string
  readonly hint: string | undefined
  readonly misfit: Misfit | undefined
}

/** Axis → label. */
export type PointLabels = { readonly [axis: string]: string }

export interface PointReports {
  readonly add: (
    point: PointLabels,
    code: string,
    at: Span,
    message: string,
    hint?: string,
    misfit?: Misfit
  ) => void
  /** @param points all points of the stage */
  readonly merged: (points: ReadonlyArray<PointLabels>) => ReadonlyArray<PointReport>
}

interface Found extends PointReport {
  readonly points: Array<PointLabels>
  /** Whether every point has the same message. */
  same: boolean
}

export const pointReports = (): PointReports => {
  const found = new Map<string, Found>()
  return {
    add: (point, code, at, message, hint, misfit) => {
      const key = `${code}\n${at.source.path}\n${at.start}\n${at.end}`
      const earlier = found.get(key)
      if (earlier === undefined) {
        found.set(key, { code, at, message, hint, misfit, points: [point], same: true })
      } else {
        if (earlier.points.at(-1) !== point) earlier.points.push(point)
        earlier.same &&= earlier.message === message
      }
    },
    merged: (points) =>
      [...found.values()].map((one) => {
        const where =
          one.points.length < points.length
            ? placeAmong(one.points, points)
            : one.same
              ? ""
              : firstOf(one.points)
        const { code, at, hint, misfit } = one
        return {
          code,
          at,
          message: where === "" ? one.message : `${one.message} (at ${where})`,
          hint,
          misfit
        }
      })
  }
}

const mostLabels = 3

/** Names the axes on which it depends: those whose values are not all among the points. */
const placeAmong = (some: ReadonlyArray<PointLabels>, all: ReadonlyArray<PointLabels>): string => {
  const [first] = some
  const parts = Object.keys(first ?? {}).flatMap((axis) => {
    const labels = [...new Set(some.map((point) => point[axis] ?? ""))]
    if (labels.length === new Set(all.map((point) => point[axis])).size) return []
    const shown = labels.slice(0, mostLabels).join(" or ")
    return [`${axis}=${shown}${labels.length > mostLabels ? " or …" : ""}`]
  })
  return parts.length === 0 ? firstOf(some) : parts.join(", ")
}

const firstOf = (points: ReadonlyArray<PointLabels>): string => {
  const name = Object.entries(points[0] ?? {})
    .map(([axis, label]) => `${axis}=${label}`)
    .join(",")
  const others = points.length - 1
  return others === 0 ? name : `${name} and ${others} more point${others === 1 ? "" : "s"}`
}
