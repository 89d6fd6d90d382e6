/** The values that a network starts with. */
import { uniform } from "../engine/random/streams.ts"
import { type Arrays, type ParameterSpec, sizeOf, type State, tensorsOf } from "./parameters.ts"

/**
 * Draws each parameter from a random stream of its own name, so it depends on the seed, its name, its shape and its bound:
 * not on what else the network has.
 *
 * @returns values in the order of `parameters`
 */
export const initialValues = (parameters: ReadonlyArray<ParameterSpec>, seed: number): Arrays =>
  Object.fromEntries(
    parameters.map(({ name, shape, start }) => {
      const size = sizeOf(shape)
      if ("value" in start) return [name, new Float32Array(size).fill(start.value)]
      const draws = uniform(seed, `initial weights/${name}`, size)
      // From [0, 1) to [-bound, bound), in float64, rounded once.
      return [name, draws.map((draw) => start.bound * (2 * draw - 1))]
    })
  )

/** The same as tensors, which belong to the caller. */
export const initialise = (parameters: ReadonlyArray<ParameterSpec>, seed: number): State =>
  tensorsOf(parameters, initialValues(parameters, seed))
