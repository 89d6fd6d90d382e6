import { type Value } from "./value.ts"

/**
 * The number of a host scalar that is so common in formulas that it counts as part of the program's structure: rewrites
 * may look at it, and a program with another number is another program. All other scalars are inputs of the session, so
 * that a learning rate may change at every step. A fixed table, and not a guess from use, so that what ran before
 * changes no bit.
 */
export const knownConstant = ({ data, dtype, shape }: Value): number | undefined => {
  if (shape.length !== 0 || dtype !== "float32" || data?.at !== "host") return undefined
  const number = data.array[0]!
  // A set takes -0 for 0, of which the reciprocal is another.
  return knownConstants.has(number) && !Object.is(number, -0) ? number : undefined
}

const knownConstants = new Set(
  [
    0,
    1,
    -1,
    2,
    -2,
    3,
    4,
    0.5,
    0.25,
    Math.SQRT2,
    Math.SQRT1_2,
    // exact GELU and its derivative
    1 / Math.sqrt(Math.PI),
    2 / Math.sqrt(Math.PI),
    // the tanh form of GELU (Hendrycks and Gimpel 2016, eq. 2)
    Math.sqrt(2 / Math.PI),
    0.044715
  ].map(Math.fround)
)
