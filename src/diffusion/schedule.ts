/**
 * Noise schedules: how much Gaussian noise each forward step adds. Pure numbers in float64, no tensors.
 *
 * The names are those of diffusers (`linear`, `scaled_linear`, `squaredcos_cap_v2`), whose `DDPMScheduler` keeps its tables
 * in float32; ours agree with a float64 evaluation of the same formulas.
 */

/**
 * Betas that rise evenly from `start` to `end`.
 *
 * Ho, Jain & Abbeel 2020 (arXiv:2006.11239), section 4: 1e-4 to 0.02 over T = 1000.
 *
 * @param steps number of timesteps T, at least 1
 * @returns shape `[steps]`; a schedule of one step has `start` only
 */
export const linearBetas = (steps: number, start: number, end: number): Float64Array =>
  evenlySpaced(steps, start, end)

/**
 * Betas whose square roots rise evenly.
 *
 * Rombach et al. 2022 (arXiv:2112.10752), in their code `make_beta_schedule("linear")`; `scaled_linear` in diffusers.
 *
 * @param steps number of timesteps T, at least 1
 * @returns shape `[steps]`; a schedule of one step has `start` only
 */
export const scaledLinearBetas = (steps: number, start: number, end: number): Float64Array =>
  evenlySpaced(steps, Math.sqrt(start), Math.sqrt(end)).map((root) => root * root)

/**
 * Betas whose `alphaBar` falls along a squared cosine.
 *
 * Nichol & Dhariwal 2021 (arXiv:2102.09672), equation 17; `squaredcos_cap_v2` in diffusers. The last betas are clipped to
 * `maxBeta`, since at t = T the formula would erase the signal.
 *
 * @param steps number of timesteps T, at least 1
 * @param offset the paper's s; keeps the first betas from vanishing
 * @returns shape `[steps]`, each in (0, maxBeta]
 */
export const cosineBetas = (steps: number, offset = 0.008, maxBeta = 0.999): Float64Array => {
  const signal = (u: number) => Math.cos(((u + offset) / (1 + offset)) * (Math.PI / 2)) ** 2
  return Float64Array.from({ length: checkedSteps(steps) }, (_, t) =>
    Math.min(1 - signal((t + 1) / steps) / signal(t / steps), maxBeta)
  )
}

/**
 * Signal left after each step, the running product of `1 - beta`; shape `[T]`, falling from below 1 towards 0.
 *
 * Ho et al. 2020, below equation 3. Note that t = 0 already holds the noise of one step.
 */
export const alphaBar = (betas: Float64Array): Float64Array => {
  let product = 1
  return betas.map((beta) => (product *= 1 - beta))
}

const evenlySpaced = (count: number, first: number, last: number): Float64Array =>
  Float64Array.from({ length: checkedSteps(count) }, (_, i) =>
    // Not `first + i * step`: so the last value is `last` itself.
    i === 0 ? first : (first * (count - 1 - i) + last * i) / (count - 1)
  )

const checkedSteps = (steps: number): number => {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`a schedule needs a positive whole number of steps, got ${steps}`)
  }
  return steps
}
