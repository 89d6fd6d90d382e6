/** Where on the list of timesteps an edit starts. */

/**
 * By strength, as diffusers' image-to-image pipelines count: the last ⌊n · strength⌋ of n timesteps, at least one. 0.29 · 100 is
 * 28.999… in float64, and so 28.
 *
 * @param strength from 0, the image stays, to 1, it starts from noise alone
 */
export const startIndex = (timesteps: number, strength: number): number =>
  timesteps - Math.max(1, Math.min(Math.trunc(timesteps * strength), timesteps))
