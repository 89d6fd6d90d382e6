import { tf } from "../../../engine/tf.ts"
import type { SolverStep } from "./solver.ts"

/** Euler's method, `x + h u(x, t)`: first order, one evaluation a step. */
export const eulerStep: SolverStep = (velocity, x, { size, start }) =>
  tf.tidy(() => tf.add(x, tf.mul(velocity(x, start), size)))
