/** The tensors that a network starts with. */
import { uniform } from "../engine/random/streams.ts"
import { tf } from "../engine/tf.ts"
import { type ParameterSpec, sizeOf, type State } from "./parameters.ts"

/**
 * Draws each parameter from a random stream of its own name, so it depends on the seed, its name, its shape and its bound:
 * not on what else the network has.
 *
 * @returns tensors in the order of `parameters`; they belong to the caller
 */
export const initialise = (parameters: ReadonlyArray<ParameterSpec>, seed: number): State =>
  Object.fromEntries(
    parameters.map(({ name, shape, start }) => {
      if ("value" in start) return [name, filled(shape, start.value)]
      const draws = uniform(seed, `initial weights/${name}`, sizeOf(shape))
      // From [0, 1) to [-bound, bound), in float64, rounded once.
      const values = draws.map((draw) => start.bound * (2 * draw - 1))
      return [name, tf.tensor(values, [...shape])]
    })
  )

const filled = (shape: ReadonlyArray<number>, value: number) =>
  tf.tensor(new Float32Array(sizeOf(shape)).fill(value), [...shape])
