/** Ink on paper: lines of changing width, with soft edges. */

/** A place of the pen and how wide it draws there, in pixels; pixel (0, 0) covers 0 to 1 in both directions. */
export interface Dab {
  readonly x: number
  readonly y: number
  readonly radius: number
}

/**
 * How much of each pixel is covered, from 0 to 1, row-major `[size, size]`.
 *
 * A pixel's ink falls off linearly over `softness` pixels at the edge of a line; where lines cross, the darker counts.
 */
export const drawInk = (
  strokes: ReadonlyArray<ReadonlyArray<Dab>>,
  size: number,
  softness: number
): Float64Array => {
  const ink = new Float64Array(size * size)
  for (const stroke of strokes) {
    for (let index = 0; index + 1 < stroke.length; index++) {
      drawLine(ink, size, softness, stroke[index]!, stroke[index + 1]!)
    }
  }
  return ink
}

const drawLine = (ink: Float64Array, size: number, softness: number, a: Dab, b: Dab) => {
  const reach = Math.max(a.radius, b.radius) + softness / 2
  const first = (low: number) => Math.max(0, Math.floor(low - reach))
  const last = (high: number) => Math.min(size - 1, Math.ceil(high + reach))
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const squared = dx * dx + dy * dy
  const bottom = last(Math.max(a.y, b.y))
  const right = last(Math.max(a.x, b.x))
  for (let row = first(Math.min(a.y, b.y)); row <= bottom; row++) {
    for (let column = first(Math.min(a.x, b.x)); column <= right; column++) {
      const [x, y] = [column + 0.5 - a.x, row + 0.5 - a.y]
      const along = squared === 0 ? 0 : Math.min(1, Math.max(0, (x * dx + y * dy) / squared))
      const away = Math.hypot(x - along * dx, y - along * dy)
      const radius = a.radius + along * (b.radius - a.radius)
      const covered = Math.min(1, 0.5 + (radius - away) / softness)
      const at = row * size + column
      if (covered > ink[at]!) ink[at] = covered
    }
  }
}
