/** Ways to choose some of a process's T timesteps for sampling. All lists fall, from noise towards data; whole numbers only. */

/** `from`, `from - stride`, … as long as it is not below 0. Berkeley CS180, project 5: 990, 960, …, 0. */
export const strided = (from: number, stride: number): ReadonlyArray<number> =>
  Array.from({ length: Math.floor(from / stride) + 1 }, (_, i) => from - i * stride)

/**
 * Evenly from T - 1 to 0, both included; of one step only 0.
 *
 * Nichol & Dhariwal 2021 (arXiv:2102.09672), section 4; `linspace` in diffusers' `DDPMScheduler`.
 *
 * @param steps from 1 to T
 */
export const linspace = (timesteps: number, steps: number): ReadonlyArray<number> => {
  const stride = steps === 1 ? 0 : (timesteps - 1) / (steps - 1)
  return falling(steps, (i) => roundHalfToEven(i * stride))
}

/**
 * Whole strides r = ⌊T/n⌋ up from `offset`: (n-1)r, …, r, 0. It may begin well below T - 1.
 *
 * `leading` in diffusers (Lin et al. 2024, arXiv:2305.08891, table 2), and what its IF pipelines do; `offset` is `steps_offset`
 * there: 0 for IF, 1 for Stable Diffusion.
 *
 * @param steps from 1 to T
 */
export const leading = (
  timesteps: number,
  steps: number,
  offset: number
): ReadonlyArray<number> => {
  const stride = Math.floor(timesteps / steps)
  return falling(steps, (i) => i * stride + offset)
}

/**
 * Strides of T/n down from T - 1: the first step is at the noisiest timestep, the last one above 0.
 *
 * `trailing` in diffusers (Lin et al. 2024, table 2). numpy.arange, which diffusers calls here, gives one timestep more for some
 * n, of -1, by rounding; ours are always n.
 *
 * @param steps from 1 to T
 */
export const trailing = (timesteps: number, steps: number): ReadonlyArray<number> => {
  // numpy.arange's own arithmetic: the difference of its first two numbers, times i.
  const stride = timesteps - timesteps / steps - timesteps
  return Array.from({ length: steps }, (_, i) => roundHalfToEven(timesteps + i * stride) - 1)
}

/**
 * T divided into sections of equal length (the first ones longer by 1 when it does not divide evenly), of each of which so many
 * timesteps are taken, evenly from its first to its last; of a section with one, the first.
 *
 * Dhariwal & Nichol 2021 (arXiv:2105.05233), in their code `space_timesteps`.
 *
 * @param counts of the section at 0 first, that at T - 1 last; each at most as long as its section
 */
export const sectioned = (
  timesteps: number,
  counts: ReadonlyArray<number>
): ReadonlyArray<number> => {
  const size = Math.floor(timesteps / counts.length)
  const longer = timesteps % counts.length
  const rising: Array<number> = []
  let start = 0
  for (const [section, count] of counts.entries()) {
    const length = size + (section < longer ? 1 : 0)
    const stride = count <= 1 ? 1 : (length - 1) / (count - 1)
    // Added up and not multiplied, as there: sums of rounded strides lie on either side of a half.
    let place = 0
    for (let i = 0; i < count; i++) {
      rising.push(start + roundHalfToEven(place))
      place += stride
    }
    start += length
  }
  return rising.toReversed()
}

const falling = (count: number, at: (index: number) => number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, i) => at(count - 1 - i))

/** As Python and NumPy round. */
const roundHalfToEven = (value: number): number => {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1
  return below % 2 === 0 ? below : below + 1
}
