/** Batches of a data set. */
import { normals, uniforms } from "../engine/random/streams.ts"
import type { Dataset, PixelRange } from "../values/values.ts"
import type { Batch } from "./objectives/objective.ts"

export interface Randomness {
  readonly seed: number
  /** Before the names of the streams, such as `epoch 3`. */
  readonly prefix: string
}

/**
 * Images by their places in the data set, which also address their random numbers: an image's do not depend on the batch
 * that it is in.
 */
export const batchOf = (
  { data, labels, range, shape: [, height, width, channels] }: Dataset,
  places: Int32Array,
  { prefix, seed }: Randomness
): Batch => {
  const size = height * width * channels
  const values = valuesOfBytes[range]
  const images = new Float32Array(places.length * size)
  let to = 0
  for (const place of places) {
    const end = (place + 1) * size
    for (let from = place * size; from < end; from++) images[to++] = values[data[from]!]!
  }
  return {
    shape: [places.length, height, width, channels],
    images,
    labels: labels === undefined ? undefined : places.map((place) => labels[place]!),
    normal: (stream, count) => normals(seed, `${prefix}/${stream}`, count, places),
    uniform: (stream, count) => uniforms(seed, `${prefix}/${stream}`, count, places)
  }
}

/** Places in parts of `size`; the last has what is left over. */
export const inBatches = (places: Int32Array, size: number): ReadonlyArray<Int32Array> =>
  Array.from({ length: Math.ceil(places.length / size) }, (_, index) =>
    places.subarray(index * size, (index + 1) * size)
  )

/** The numbers that the bytes of a pixel stand for. */
const valuesOfBytes: Record<PixelRange, Float32Array> = {
  "[0,1]": Float32Array.from({ length: 256 }, (_, byte) => byte / 255),
  "[-1,1]": Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1)
}
