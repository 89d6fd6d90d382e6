/** Sinusoids of a number, by which a diffusion network is told its timestep. */
import type { Tensor1D, Tensor2D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"

/** Of the slowest sinusoid, in units of 2π. */
const longestPeriod = 10_000

/**
 * `[cos(t f) | sin(t f)]` with the frequencies `f_i = 10000^(-i/half)`, i = 0 to half - 1.
 *
 * Vaswani et al. 2017 (arXiv:1706.03762), section 3.5, with the cosines first as in guided-diffusion's
 * `timestep_embedding` (diffusers: `flip_sin_to_cos`, `freq_shift` 0).
 *
 * @param timesteps `[N]`, as they are: 0 to 999
 * @param channels of the result, even
 * @returns `[N,channels]`
 * @throws RangeError when the channels are no two halves
 */
export const sinusoid = (timesteps: Tensor1D, channels: number): Tensor2D => {
  if (!Number.isInteger(channels) || channels < 2 || channels % 2 !== 0) {
    throw new RangeError(`${channels} channels cannot be halved into cosines and sines`)
  }
  const angles = tf.mul<Tensor2D>(
    tf.reshape(tf.cast(timesteps, "float32"), [-1, 1]),
    tf.tensor2d(frequencies(channels / 2), [1, channels / 2])
  )
  return tf.concat([tf.cos(angles), tf.sin(angles)], 1)
}

/**
 * Rounded to float32 at each step, as the networks were trained: at t = 999 the last bit of a frequency is 6e-5 of an angle, and
 * exact frequencies would be other inputs than theirs.
 */
const frequencies = (half: number): Float32Array => {
  const logarithm = Math.fround(-Math.log(longestPeriod))
  return Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(logarithm * i) / half))
  )
}
