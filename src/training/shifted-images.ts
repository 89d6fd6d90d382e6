/** Images moved about by whole pixels. */

type Shape = readonly [count: number, height: number, width: number, channels: number]

/**
 * Each image moved down and to the right by its shifts; what comes in at a side repeats the pixels of that side.
 *
 * @param shifts two whole numbers an image: rows, columns
 */
export const shiftedImages = (
  images: Float32Array,
  [count, height, width, channels]: Shape,
  shifts: ArrayLike<number>
): Float32Array => {
  const moved = new Float32Array(images.length)
  const inside = (place: number, size: number) => Math.max(0, Math.min(size - 1, place))
  let to = 0
  for (let image = 0; image < count; image++) {
    const [down, right] = [shifts[2 * image]!, shifts[2 * image + 1]!]
    for (let y = 0; y < height; y++) {
      const row = (image * height + inside(y - down, height)) * width
      for (let x = 0; x < width; x++) {
        const from = (row + inside(x - right, width)) * channels
        for (let c = 0; c < channels; c++) moved[to++] = images[from + c]!
      }
    }
  }
  return moved
}
