/** In which order an epoch goes through the images. */
import { shuffled } from "../engine/random/shuffled.ts"

/** The numbers 0 to count - 1, shuffled by a stream of the epoch's own. */
export const epochOrder = (count: number, seed: number, epoch: number): Int32Array =>
  shuffled(count, seed, `order/epoch ${epoch}`)
