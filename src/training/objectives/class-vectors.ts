/** Labels as vectors that a network is conditioned on. */
import type { Batch, Input } from "./objective.ts"

/**
 * One-hot rows; rows of zeros, which stand for no class, where `dropped` says so.
 *
 * @throws RangeError for a label that is none of the classes, or when there are no labels
 */
export const classVectors = (
  { labels, shape: [count] }: Pick<Batch, "labels" | "shape">,
  classes: number,
  dropped: (image: number) => boolean = () => false
): Input => {
  if (labels === undefined) throw new RangeError("images without labels have no classes")
  const values = new Float32Array(count * classes)
  for (const [image, label] of labels.entries()) {
    if (label < 0 || label >= classes) {
      throw new RangeError(`label ${label} is none of ${classes} classes`)
    }
    if (!dropped(image)) values[image * classes + label] = 1
  }
  return { shape: [count, classes], values }
}

/**
 * Those of a network that is conditioned on classes, each dropped with a probability when training (Ho & Salimans 2022,
 * arXiv:2207.12598, algorithm 1); nothing for one that is not.
 */
export const conditioning = (
  batch: Batch,
  classes: number,
  unconditional: number,
  { training }: { readonly training: boolean }
): { readonly classes?: Input } => {
  if (classes === 0) return {}
  if (!training || unconditional === 0) return { classes: classVectors(batch, classes) }
  const draws = batch.uniform("drop class", 1)
  return { classes: classVectors(batch, classes, (image) => draws[image]! < unconditional) }
}
