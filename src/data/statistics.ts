/** What the pixels of a data set are like, and how far constants get that know nothing of an image. In float64. */
import type { Dataset } from "../values/values.ts"

export interface DatasetStatistics {
  /** Over all pixels, in the data set's pixel range. */
  readonly mean: number
  /** Standard deviation of the population. */
  readonly deviation: number
  /** E[x²]. */
  readonly meanSquare: number
  /** Mean squared error of the mean image against every image: what is left to a model that sees nothing. */
  readonly errorOfMean: number
  /** The same with the mean image of each class; absent without classes. */
  readonly errorOfClassMeans?: number
  /** Row-major `[height, width, channels]`. */
  readonly meanImage: Float64Array
  /** Of the classes that have images, in order. */
  readonly classes: ReadonlyArray<{
    /** Index of the class. */
    readonly label: number
    readonly count: number
    readonly mean: number
    readonly meanImage: Float64Array
  }>
}

/** @param dataset with at least one image */
export const datasetStatistics = ({
  classes,
  data,
  labels,
  range,
  shape: [count, height, width, channels]
}: Dataset): DatasetStatistics => {
  const size = height * width * channels
  const groups = Math.max(1, classes.length)
  // Levels are whole numbers, so sums of them are exact.
  const counts = new Float64Array(groups)
  const sums = new Float64Array(groups * size)
  const histogram = new Float64Array(256)
  for (let image = 0; image < count; image++) {
    const group = labels?.[image] ?? 0
    counts[group]!++
    const [from, to] = [image * size, group * size]
    for (let pixel = 0; pixel < size; pixel++) {
      const level = data[from + pixel]!
      histogram[level]!++
      sums[to + pixel]! += level
    }
  }
  const values = Array.from({ length: 256 }, (_, level) =>
    range === "[0,1]" ? level / 255 : level / 127.5 - 1
  )
  const [zero, one] = [values[0]!, values[255]!]
  /** A mean of levels as one of values. */
  const valueOf = (level: number) => zero + (level / 255) * (one - zero)
  const pixels = count * size
  let [total, squares] = [0, 0]
  for (const [level, many] of histogram.entries()) {
    total += many * values[level]!
    squares += many * values[level]! ** 2
  }
  const [mean, meanSquare] = [total / pixels, squares / pixels]
  const meanOf = (from: Float64Array, start: number, over: number) =>
    Float64Array.from({ length: size }, (_, pixel) => valueOf(from[start + pixel]! / over))
  const allSums = new Float64Array(size)
  for (const [index, sum] of sums.entries()) allSums[index % size]! += sum
  const meanImage = meanOf(allSums, 0, count)
  const present = classes.flatMap((_, label) => {
    const many = counts[label]!
    if (many === 0) return []
    const image = meanOf(sums, label * size, many)
    return [{ label, count: many, mean: average(image), meanImage: image }]
  })
  // The error of a mean is the mean square less the square of the mean, pixel by pixel.
  const classSquares = present.reduce(
    (sum, { count: many, meanImage }) => sum + (many / count) * average(meanImage, (x) => x * x),
    0
  )
  return {
    mean,
    deviation: Math.sqrt(Math.max(0, meanSquare - mean * mean)),
    meanSquare,
    errorOfMean: meanSquare - average(meanImage, (x) => x * x),
    ...(classes.length === 0 ? {} : { errorOfClassMeans: meanSquare - classSquares }),
    meanImage,
    classes: present
  }
}

const average = (values: Float64Array, map = (x: number) => x): number =>
  values.reduce((sum, value) => sum + map(value), 0) / values.length
