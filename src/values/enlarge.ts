/** Makes small images large enough to look at: each pixel becomes a square of equal pixels. */

/** @param data row-major `[height, width, channels]` */
export const enlarge = <A extends Float32Array | Uint8Array>(
  data: A,
  [height, width, channels]: readonly [number, number, number],
  factor: number
): A => {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new RangeError(`pixels are enlarged by a positive whole number, got ${factor}`)
  }
  if (factor === 1) return data
  const make = data.constructor as new (length: number) => A
  const rowLength = width * factor * channels
  const enlarged = new make(height * factor * rowLength)
  for (let y = 0; y < height; y += 1) {
    const start = y * factor * rowLength
    for (let x = 0; x < width * factor; x += 1) {
      const from = (y * width + Math.floor(x / factor)) * channels
      for (let c = 0; c < channels; c += 1) enlarged[start + x * channels + c] = data[from + c]!
    }
    for (let copy = 1; copy < factor; copy += 1) {
      enlarged.copyWithin(start + copy * rowLength, start, start + rowLength)
    }
  }
  return enlarged
}
