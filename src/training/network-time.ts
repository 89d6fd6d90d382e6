/** The time that networks of a discrete diffusion process are told. */

/** Timestep t of T, both as in `NoiseSchedule` (t from 0 to T - 1), as a number in [0, 1): `t / T`. */
export const networkTime = (timestep: number, timesteps: number): number => timestep / timesteps
