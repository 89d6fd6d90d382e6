/** Small images for the tests of stages. */
import type { Images } from "../../src/values/values.ts"

/** Images of one channel from rows of numbers, one list of rows an image. */
export const imagesOf = (
  images: ReadonlyArray<ReadonlyArray<ReadonlyArray<number>>>,
  options: Partial<Pick<Images, "range" | "labels">> = {}
): Images => ({
  type: "Images",
  shape: [images.length, images[0]!.length, images[0]![0]!.length, 1],
  range: "[-1,1]",
  data: Float32Array.from(images.flat(2)),
  ...options
})

/** The rows of each image, one channel. */
export const rowsOf = ({ data, shape: [count, height, width] }: Images) =>
  Array.from({ length: count }, (_, n) =>
    Array.from({ length: height }, (_, y) =>
      Array.from(data.subarray((n * height + y) * width, (n * height + y + 1) * width))
    )
  )

/** Distinct numbers in a shape, the same each time. */
export const ramp = (shape: Images["shape"], labels?: ReadonlyArray<string>): Images => ({
  type: "Images",
  shape,
  range: "[-1,1]",
  data: Float32Array.from(
    { length: shape.reduce((product, dim) => product * dim, 1) },
    (_, i) => ((i * 37) % 101) / 50 - 1
  ),
  ...(labels === undefined ? {} : { labels })
})
