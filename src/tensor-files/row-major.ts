/** Elements of a tensor that lie apart, put side by side. */

export interface StridedView {
  readonly shape: ReadonlyArray<number>
  /** Elements from one index to the next, by axis; 0 or more. */
  readonly strides: ReadonlyArray<number>
  /** Of the first element, in elements. */
  readonly offset: number
  readonly elementBytes: number
}

/** Elements that a view reaches: one more than the index of the last; 0 for an empty view. */
export const reachOf = ({ offset, shape, strides }: Omit<StridedView, "elementBytes">): number =>
  shape.includes(0)
    ? 0
    : shape.reduce((last, dim, axis) => last + (dim - 1) * strides[axis]!, offset) + 1

/**
 * The view's elements in row-major order, in memory of their own.
 *
 * @throws RangeError when the view reaches beyond the bytes
 */
export const rowMajor = (bytes: Uint8Array, view: StridedView): Uint8Array => {
  const { elementBytes: size, offset, shape, strides } = view
  if (reachOf(view) * size > bytes.byteLength) {
    throw new RangeError("the view reaches beyond its elements")
  }
  const count = shape.reduce((product, dim) => product * dim, 1)
  const out = new Uint8Array(count * size)
  if (count === 0) return out
  // Axes at the end that lie side by side are copied as one.
  let run = 1
  let axes = shape.length
  while (axes > 0 && (strides[axes - 1] === run || shape[axes - 1] === 1)) run *= shape[--axes]!
  const index = Array.from({ length: axes }, () => 0)
  let from = offset
  for (let to = 0; to < count; to += run) {
    out.set(bytes.subarray(from * size, (from + run) * size), to * size)
    for (let axis = axes - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return out
}
