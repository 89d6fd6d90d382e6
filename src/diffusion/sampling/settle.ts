/** How networks that are not recorded are kept one program. */
import type { Tensor } from "@tensorflow/tfjs"
import type { Told } from "../estimators/prepare-estimator.ts"

/**
 * Computes tensors now. A network that is not recorded is one program, the same at all steps, only if all that goes into it and
 * comes out of it is computed before the next is asked for: a program with something else in it would be another one, which holds
 * all weights once more.
 */
export const settle = (tensors: ReadonlyArray<Tensor>): void => {
  for (const tensor of tensors) tensor.dataSync()
}

/** What networks are told of samples. */
export const settleTold = ({ conditions, small }: Told): void =>
  settle([
    ...Object.values(conditions),
    ...Object.values(small).flatMap(({ images, noiseLevels }) => [images, noiseLevels])
  ])
