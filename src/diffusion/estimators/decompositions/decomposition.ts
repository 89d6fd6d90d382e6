/**
 * Linear decompositions of images into components that sum to the identity.
 *
 * Geng, Park & Owens 2024, "Factorized Diffusion" (arXiv:2404.11615), section 3: estimates for several prompts, of each one
 * component, make an image whose components follow the prompts. The last component is what the others leave over, so that they
 * sum to the identity whatever the others are.
 */
import type { Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../../engine/tf.ts"

export interface Decomposition {
  /** Such as `low` and `high`: what stages call their inputs. */
  readonly components: ReadonlyArray<string>
  /** All but the last, of images `[N,H,W,C]`; new tensors of the same shape. */
  readonly leading: (images: Tensor4D) => ReadonlyArray<Tensor4D>
}

/**
 * One component of each of several estimates, summed.
 *
 * @param estimates in the order of the components, `[N,H,W,C]` each
 */
export const recompose = (
  { components, leading }: Decomposition,
  estimates: ReadonlyArray<Tensor4D>
): Tensor4D =>
  tf.tidy(() => {
    if (estimates.length !== components.length) {
      throw new RangeError(
        `${components.length} components are not of ${estimates.length} estimates`
      )
    }
    const own = estimates.map((estimate, index) =>
      component({ components, leading }, estimate, index)
    )
    return own.reduce((sum, part) => tf.add<Tensor4D>(sum, part))
  })

/** Component `index` of the images; a new tensor. */
export const component = (
  { components, leading }: Decomposition,
  images: Tensor4D,
  index: number
): Tensor4D =>
  tf.tidy(() => {
    const parts = leading(images)
    const part = parts[index]
    if (part !== undefined) return part
    if (index !== components.length - 1) throw new RangeError(`there is no component ${index}`)
    return parts.reduce((rest, known) => tf.sub<Tensor4D>(rest, known), images)
  })
