/** Pixel values to bytes: what a picture file or a screen shows of an image. */
import type { PixelRange } from "./values.ts"

/** The numbers that black and white stand for. */
export const limitsOf = (range: PixelRange): readonly [low: number, high: number] =>
  range === "[0,1]" ? [0, 1] : [-1, 1]

/** Values outside of the range are clamped, the others rounded to the nearest of 256 levels; NaN is black. */
export const quantise = (data: Float32Array, range: PixelRange): Uint8Array => {
  const [low, high] = limitsOf(range)
  const scale = 255 / (high - low)
  const bytes = new Uint8Array(data.length)
  for (let index = 0; index < data.length; index += 1) {
    const level = Math.floor((data[index]! - low) * scale + 0.5)
    bytes[index] = level > 255 ? 255 : level > 0 ? level : 0
  }
  return bytes
}

/** The number in `range` for a fraction between black (0) and white (1). */
export const fromFraction = (fraction: number, range: PixelRange): number => {
  const [low, high] = limitsOf(range)
  return low + fraction * (high - low)
}
