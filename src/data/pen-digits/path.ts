/** The way of a pen as a line of close points. */
import type { Point } from "./templates.ts"

export interface Vector {
  readonly x: number
  readonly y: number
}

/**
 * Points close to each other on a smooth curve through `points`, broken at corners.
 *
 * Centripetal Catmull-Rom splines (Yuksel, Schaefer & Keyser 2011): no loops or cusps between points that lie unevenly.
 *
 * @param spacing about how far they are apart, in the points' unit
 */
export const smoothPath = (
  points: ReadonlyArray<Point>,
  spacing: number
): ReadonlyArray<Vector> => {
  const path: Array<Vector> = [points[0]!]
  let start = 0
  for (let end = 1; end < points.length; end++) {
    if (!points[end]!.corner && end < points.length - 1) continue
    const run = points.slice(start, end + 1)
    for (let index = 0; index < run.length - 1; index++) {
      const [from, to] = [run[index]!, run[index + 1]!]
      const before = run[index - 1] ?? mirrored(to, from)
      const after = run[index + 2] ?? mirrored(from, to)
      const steps = Math.max(1, Math.ceil(distance(from, to) / spacing))
      for (let step = 1; step <= steps; step++) {
        path.push(between(before, from, to, after, step / steps))
      }
    }
    start = end
  }
  return path
}

export const distance = (a: Vector, b: Vector): number => Math.hypot(a.x - b.x, a.y - b.y)

const mirrored = (point: Vector, at: Vector): Vector => ({
  x: 2 * at.x - point.x,
  y: 2 * at.y - point.y
})

/** Barry and Goldman's pyramid, for one share of the way from `b` to `c`. */
const between = (a: Vector, b: Vector, c: Vector, d: Vector, share: number): Vector => {
  // Equal points would make intervals of no length.
  const interval = (p: Vector, q: Vector) => Math.max(Math.sqrt(distance(p, q)), 1e-6)
  const t1 = interval(a, b)
  const t2 = t1 + interval(b, c)
  const t3 = t2 + interval(c, d)
  const t = t1 + share * (t2 - t1)
  const ab = mix(a, b, t / t1)
  const bc = mix(b, c, (t - t1) / (t2 - t1))
  const cd = mix(c, d, (t - t2) / (t3 - t2))
  return mix(mix(ab, bc, t / t2), mix(bc, cd, (t - t1) / (t3 - t1)), (t - t1) / (t2 - t1))
}

const mix = (p: Vector, q: Vector, share: number): Vector => ({
  x: p.x + share * (q.x - p.x),
  y: p.y + share * (q.y - p.y)
})
