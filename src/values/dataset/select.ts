import type { Dataset } from "../values.ts"

/**
 * Some of the images, with their labels, in the order of `indices`. The classes stay as they are, also without images.
 *
 * @throws RangeError for an index beyond the dataset
 */
export const selectImages = (dataset: Dataset, indices: ArrayLike<number>): Dataset => {
  const { data, labels, shape } = dataset
  const [count, height, width, channels] = shape
  const size = height * width * channels
  const chosen = new Uint8Array(indices.length * size)
  const chosenLabels = new Int32Array(indices.length)
  for (let to = 0; to < indices.length; to++) {
    const from = indices[to]!
    if (!(from >= 0 && from < count)) {
      throw new RangeError(`there is no image ${from} among ${count}`)
    }
    chosen.set(data.subarray(from * size, (from + 1) * size), to * size)
    chosenLabels[to] = labels?.[from] ?? 0
  }
  return {
    ...dataset,
    shape: [indices.length, height, width, channels],
    data: chosen,
    ...(labels === undefined ? {} : { labels: chosenLabels })
  }
}
