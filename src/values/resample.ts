/**
 * Resizing, as weights: each output pixel is a weighted mean of input pixels near it.
 *
 * Pixel centres lie at half-integers, and when an image shrinks the kernel is widened by the same factor, so that no
 * detail aliases: the definition of Pillow's `resize`, without its rounding to bytes. `area` weights the
 * input pixels by how much of them an output pixel covers. Written here rather than left to an
 * image library so that the same numbers come out on every processor.
 */

const lanczos = (x: number, lobes: number): number => {
  if (x === 0) return 1
  const angle = Math.PI * x
  return (lobes * Math.sin(angle) * Math.sin(angle / lobes)) / (angle * angle)
}

/** Keys 1981, a = -1/2: it reproduces quadratics. */
const keysCubic = (x: number): number =>
  x < 1 ? 1.5 * x ** 3 - 2.5 * x ** 2 + 1 : -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2

/** Weight at a distance (not negative) in pixels, which falls to zero at `radius`. */
const kernels = {
  linear: { radius: 1, weight: (x: number) => 1 - x },
  cubic: { radius: 2, weight: keysCubic },
  lanczos3: { radius: 3, weight: (x: number) => lanczos(x, 3) }
} as const

export const interpolations = ["lanczos3", "cubic", "linear", "area", "nearest"] as const
export type Interpolation = (typeof interpolations)[number]

/** For one axis: output pixel i is the sum over k of `weights[i][k] · input[starts[i] + k]`. */
export interface AxisWeights {
  readonly inputSize: number
  readonly starts: ReadonlyArray<number>
  /** Each sums to 1. */
  readonly weights: ReadonlyArray<Float64Array>
}

/**
 * The weights of one axis.
 *
 * @param window the part of the input that fills the output, in pixels; may begin and end between pixels
 */
export const axisWeights = (
  inputSize: number,
  outputSize: number,
  interpolation: Interpolation,
  window: readonly [from: number, to: number] = [0, inputSize]
): AxisWeights => {
  const step = (window[1] - window[0]) / outputSize
  const centres = Array.from({ length: outputSize }, (_, i) => window[0] + (i + 0.5) * step)
  const pixels = centres.map((centre) => {
    switch (interpolation) {
      case "nearest":
        return nearestPixel(centre, inputSize)
      case "area":
        return coveredPixels(centre - step / 2, centre + step / 2, inputSize)
      default:
        return pixelsAround(centre, Math.max(step, 1), inputSize, kernels[interpolation])
    }
  })
  return {
    inputSize,
    starts: pixels.map(({ start }) => start),
    weights: pixels.map(({ weights }) => normalised(weights))
  }
}

const normalised = (weights: Float64Array): Float64Array => {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

const nearestPixel = (centre: number, inputSize: number) => ({
  start: Math.min(Math.max(Math.floor(centre), 0), inputSize - 1),
  weights: Float64Array.of(1)
})

/** Input pixels weighted by how much of them the output pixel covers. */
const coveredPixels = (from: number, to: number, inputSize: number) => {
  const start = Math.min(Math.max(Math.floor(from), 0), inputSize - 1)
  const end = Math.max(Math.min(Math.ceil(to), inputSize), start + 1)
  const covered = (pixel: number) => Math.min(to, pixel + 1) - Math.max(from, pixel)
  return {
    start,
    // Rounding can leave a sliver below zero at either end.
    weights: Float64Array.from({ length: end - start }, (_, k) => Math.max(covered(start + k), 0))
  }
}

const pixelsAround = (
  centre: number,
  stretch: number,
  inputSize: number,
  { radius, weight }: (typeof kernels)[keyof typeof kernels]
) => {
  const reach = radius * stretch
  const start = Math.max(Math.floor(centre - reach + 0.5), 0)
  const end = Math.min(Math.floor(centre + reach + 0.5), inputSize)
  return {
    start,
    weights: Float64Array.from({ length: end - start }, (_, k) =>
      weight(Math.abs(start + k + 0.5 - centre) / stretch)
    )
  }
}

/** The part of an image that fills an output of another shape when as little as possible is cut off, in the middle. */
export const coverWindow = (
  [height, width]: readonly [number, number],
  [outHeight, outWidth]: readonly [number, number]
): { readonly rows: readonly [number, number]; readonly columns: readonly [number, number] } => {
  const scale = Math.min(height / outHeight, width / outWidth)
  const centred = (size: number, part: number) => [(size - part) / 2, (size + part) / 2] as const
  return { rows: centred(height, outHeight * scale), columns: centred(width, outWidth * scale) }
}

/** The size of an image that is as large as it can be inside of another shape, at least one pixel. */
export const containedSize = (
  [height, width]: readonly [number, number],
  [outHeight, outWidth]: readonly [number, number]
): readonly [height: number, width: number] => {
  const scale = Math.min(outHeight / height, outWidth / width)
  const fitted = (size: number, most: number) =>
    Math.min(most, Math.max(1, Math.round(size * scale)))
  return [fitted(height, outHeight), fitted(width, outWidth)]
}

/**
 * Applies the weights of both axes, the columns first, in double precision.
 *
 * @param data row-major `[rows.inputSize, columns.inputSize, channels]`
 */
export const resample = (
  data: ArrayLike<number>,
  channels: number,
  rows: AxisWeights,
  columns: AxisWeights
): Float64Array => {
  const outWidth = columns.starts.length
  const narrow = new Float64Array(rows.inputSize * outWidth * channels)
  for (let y = 0; y < rows.inputSize; y += 1) {
    for (let x = 0; x < outWidth; x += 1) {
      const weights = columns.weights[x]!
      const from = (y * columns.inputSize + columns.starts[x]!) * channels
      for (let c = 0; c < channels; c += 1) {
        let sum = 0
        for (let k = 0; k < weights.length; k += 1)
          sum += weights[k]! * data[from + k * channels + c]!
        narrow[(y * outWidth + x) * channels + c] = sum
      }
    }
  }
  const rowLength = outWidth * channels
  const result = new Float64Array(rows.starts.length * rowLength)
  for (let y = 0; y < rows.starts.length; y += 1) {
    const [start, weights] = [rows.starts[y]!, rows.weights[y]!]
    for (let k = 0; k < weights.length; k += 1) {
      const [weight, from] = [weights[k]!, (start + k) * rowLength]
      for (let i = 0; i < rowLength; i += 1)
        result[y * rowLength + i]! += weight * narrow[from + i]!
    }
  }
  return result
}
