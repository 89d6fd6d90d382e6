/** Small IDX files. */

export const idx = (
  type: number,
  shape: ReadonlyArray<number>,
  elements: ArrayLike<number>
): Buffer => {
  const header = Buffer.alloc(4 + 4 * shape.length)
  header.set([0, 0, type, shape.length])
  for (const [axis, dim] of shape.entries()) header.writeUInt32BE(dim, 4 + 4 * axis)
  return Buffer.concat([header, Uint8Array.from(elements)])
}

/** Images of 2 × 3 pixels, each pixel another number. */
export const idxImages = (count: number): Buffer =>
  idx(
    8,
    [count, 2, 3],
    Array.from({ length: count * 6 }, (_, index) => index % 256)
  )

export const idxLabels = (...labels: ReadonlyArray<number>): Buffer =>
  idx(8, [labels.length], labels)
