/** What networks that enlarge are shown beside x. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { UserError } from "../../../base/user-error.ts"
import { tf } from "../../../engine/tf.ts"
import { atFullSize } from "../../../models/small-images.ts"
import { addScheduledNoise } from "../../forward-process.ts"

/**
 * The small images at full size, with noise. It makes the network robust to what the stage before does wrong: Ho et al. 2022
 * (arXiv:2106.15282), section 4.2.
 *
 * @param images `[N,h,w,C]`
 * @param noiseLevel the timestep of the noise
 * @param noise from N(0, I), `[N,H,W,C]`
 * @param alphaBar of the network's timesteps
 * @returns `[N,H,W,C]`, a new tensor
 * @throws UserError when there is no such timestep
 */
export const noisySmallImages = (
  images: Tensor4D,
  noiseLevel: number,
  noise: Tensor4D,
  alphaBar: ReadonlyArray<number>
): Tensor4D => {
  const level = alphaBar[noiseLevel]
  if (level === undefined) {
    throw new UserError(`the network has no noise level ${noiseLevel}`, {
      hint: `its timesteps are 0 to ${alphaBar.length - 1}`,
      exitCode: 1
    })
  }
  const [, height, width] = noise.shape
  return tf.tidy(() => addScheduledNoise(atFullSize(images, [height, width]), noise, level))
}
