/**
 * Orthogonal views of an image: what an anagram looks like from another side.
 *
 * Geng, Park & Owens 2024, "Visual Anagrams" (arXiv:2311.17919), section 3.3: a view must keep the noise that a network was trained
 * with, independent and Gaussian, so it has to be orthogonal. All views here move pixels and may turn values over, which is
 * orthogonal by construction: each target pixel takes one source pixel, and each source pixel goes to one target.
 */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../../engine/tf.ts"

export interface View {
  readonly height: number
  readonly width: number
  /** For each pixel of what is seen, row by row, the pixel of the image that is there. */
  readonly sources: Int32Array
  /** -1 shows the negative. */
  readonly sign: 1 | -1
}

/**
 * @param sourceOf the place in the image that a place in the view shows
 * @throws RangeError when two places show the same, since no view of that kind is orthogonal
 */
export const movingView = (
  height: number,
  width: number,
  sourceOf: (row: number, column: number) => readonly [row: number, column: number]
): View => {
  const sources = new Int32Array(height * width)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const [fromRow, fromColumn] = sourceOf(row, column)
      sources[row * width + column] = fromRow * width + fromColumn
    }
  }
  return orthogonal({ height, width, sources, sign: 1 })
}

/** @throws RangeError when it is no permutation of the image's pixels */
export const orthogonal = (view: View): View => {
  const { height, sources, width } = view
  const seen = new Uint8Array(height * width)
  for (const source of sources) {
    if (!(source >= 0 && source < seen.length)) {
      throw new RangeError(`a view of ${width} x ${height} pixels shows pixel ${source}`)
    }
    seen[source] = 1
  }
  if (sources.length !== seen.length || seen.includes(0)) {
    throw new RangeError("a view that leaves pixels out or shows them twice is not orthogonal")
  }
  return view
}

/** What undoes the view. */
export const inverseOf = ({ height, sign, sources, width }: View): View => {
  const back = new Int32Array(sources.length)
  for (const [target, source] of sources.entries()) back[source] = target
  return { height, width, sources: back, sign }
}

/**
 * The images seen through the view; `[N,H,W,C]`, a new tensor.
 *
 * @param signed false for numbers that belong to pixels without being their values, such as variances
 */
export const see = (images: Tensor4D, view: View, signed = true): Tensor4D =>
  tf.tidy(() => {
    const [count, height, width, channels] = images.shape
    if (height !== view.height || width !== view.width) {
      throw new RangeError(
        `a view of ${view.width} x ${view.height} pixels cannot show ${width} x ${height}`
      )
    }
    const pixels = tf.reshape(images, [count, height * width, channels])
    const moved = tf.gather(pixels, tf.tensor1d(view.sources, "int32"), 1)
    const seen = tf.reshape(moved, images.shape)
    return (signed && view.sign === -1 ? tf.neg(seen) : seen) as Tensor4D
  })
