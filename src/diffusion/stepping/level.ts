/** How noisy x is on its way from noise to data. */

/** A noise level of a variance-preserving process: x = √ᾱ x₀ + √(1 - ᾱ) ε. */
export interface Level {
  /** Of the schedule; -1, the one before 0, for the clean sample. */
  readonly timestep: number
  /** ᾱ, in [0, 1]. */
  readonly alphaBar: number
}

/** No noise at all. Timestep 0 is not: it holds the noise of one step. */
export const clean: Level = { timestep: -1, alphaBar: 1 }

/** One step of a sampler: x has the level `from` before it and `to` after it. */
export interface Transition {
  readonly from: Level
  readonly to: Level
}

/**
 * Where sampling ends: at the clean sample, with a step from each timestep (diffusers' schedulers); or at the last timestep
 * itself, which no step starts from (Berkeley CS180, project 5: 34 timesteps, 33 steps).
 */
export const ends = ["clean", "last-timestep"] as const
export type End = (typeof ends)[number]

/**
 * The steps through these timesteps, in order. A step goes to the next timestep *of the list*.
 *
 * Leave timesteps out at the front to begin from an image with noise added instead of from noise alone.
 *
 * @param alphaBar ᾱ of each timestep of the schedule
 * @param timesteps falling
 * @throws RangeError when they do not fall, or one is not of the schedule
 */
export const transitionsOf = (
  alphaBar: ReadonlyArray<number>,
  timesteps: ReadonlyArray<number>,
  end: End
): ReadonlyArray<Transition> => {
  const levels = timesteps.map((timestep, i): Level => {
    const signal = alphaBar[timestep]
    if (signal === undefined) {
      throw new RangeError(`timestep ${timestep} is not one of 0 to ${alphaBar.length - 1}`)
    }
    if (i > 0 && timestep >= timesteps[i - 1]!) {
      throw new RangeError(`timestep ${timestep} does not fall from ${timesteps[i - 1]}`)
    }
    return { timestep, alphaBar: signal }
  })
  const all = end === "clean" ? [...levels, clean] : levels
  return all.slice(1).map((to, i) => ({ from: all[i]!, to }))
}
