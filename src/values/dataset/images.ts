import type { Dataset, Images } from "../values.ts"
import { levelsOf } from "./levels.ts"
import { selectImages } from "./select.ts"

/**
 * Some of a dataset's images as numbers in its pixel range, labelled with the names of their classes.
 *
 * @throws RangeError for an index beyond the dataset
 */
export const datasetImages = (dataset: Dataset, indices: ArrayLike<number>): Images => {
  const { classes, data, labels, range, shape } = selectImages(dataset, indices)
  const levels = levelsOf(range)
  return {
    type: "Images",
    shape,
    range,
    data: Float32Array.from(data, (level) => levels[level]!),
    ...(labels === undefined ? {} : { labels: Array.from(labels, (label) => classes[label] ?? "") })
  }
}

/** The first of them, at most `count`. */
export const firstImages = (dataset: Dataset, count: number): Images =>
  datasetImages(
    dataset,
    Array.from({ length: Math.min(count, dataset.shape[0]) }, (_, index) => index)
  )
