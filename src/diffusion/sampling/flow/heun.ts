import { tf } from "../../../engine/tf.ts"
import type { SolverStep } from "./solver.ts"

/**
 * Heun's method, the explicit trapezoidal rule: second order, two evaluations a step.
 *
 * `k₁ = u(x, t)`, `k₂ = u(x + h k₁, t + h)`, `x + h (k₁ + k₂)/2`.
 */
export const heunStep: SolverStep = (velocity, x, { end, size, start }) =>
  tf.tidy(() => {
    const first = velocity(x, start)
    const second = velocity(tf.add(x, tf.mul(first, size)), end)
    return tf.add(x, tf.mul(tf.add(first, second), tf.div(size, 2)))
  })
