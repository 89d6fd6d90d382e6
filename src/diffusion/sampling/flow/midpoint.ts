import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../../engine/tf.ts"
import type { SolverStep } from "./solver.ts"

/**
 * The explicit midpoint method: second order, two evaluations a step.
 *
 * `k = u(x, t)`, `x + h u(x + h k/2, t + h/2)`.
 */
export const midpointStep: SolverStep = (velocity, x, { end, size, start }) =>
  tf.tidy(() => {
    const halfway = tf.add<Tensor4D>(x, tf.mul(velocity(x, start), tf.div(size, 2)))
    const middle = tf.div<Scalar>(tf.add(start, end), 2)
    return tf.add(x, tf.mul(velocity(halfway, middle), size))
  })
