import { assert, describe, it } from "vitest"
import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import { compile } from "../../../src/engine/compile.ts"
import { normal } from "../../../src/engine/random/streams.ts"
import { compute } from "../../../src/engine/tensors.ts"
import { tf } from "../../../src/engine/tf.ts"
import type { Estimate } from "../../../src/diffusion/sampling/estimate.ts"
import type { TimeStep } from "../../../src/diffusion/sampling/flow/solver.ts"
import { type SolverName, solvers } from "../../../src/diffusion/sampling/flow/solvers.ts"

/** A velocity field, and where its flow takes a point from time 0 to 1. */
interface Field {
  readonly velocity: Estimate
  readonly exact: (x0: number) => number
}

/** `dx/dt = (1 + 2t) x (1 - x)`: logistic growth in `t + t²`. */
const logistic: Field = {
  velocity: (x, time) => tf.mul(tf.mul(x, tf.sub(1, x)), tf.add(1, tf.mul(time, 2))),
  exact: (x0) => x0 / (x0 + (1 - x0) * Math.exp(-2))
}

/**
 * What flow matching would learn for pixels from N(m, s²): along x_t = (1 - t) x0 + t x1 the velocity is
 * `m + (t s² - (1 - t)) / ((1 - t)² + t² s²) (x - t m)`, whose flow takes x0 to `m + s x0`.
 */
const gaussian = (mean: number, deviation: number): Field => ({
  velocity: (x, time) => {
    const rest = tf.sub<Scalar>(1, time)
    const variance = deviation ** 2
    const spread = tf.add(tf.square(rest), tf.mul(tf.square(time), variance))
    const factor = tf.div(tf.sub(tf.mul(time, variance), rest), spread)
    return tf.add(tf.mul(tf.sub(x, tf.mul(time, mean)), factor), mean)
  },
  exact: (x0) => mean + deviation * x0
})

/** The largest error at time 1 after so many steps. */
const errorOf = (
  solver: SolverName,
  steps: number,
  { exact, velocity }: Field,
  start: Float32Array
): number => {
  const step = compile((x: Tensor4D, times: TimeStep) => solvers[solver](velocity, x, times))
  const end = compute(() => {
    let x = tf.tensor4d(start, [1, 1, 1, start.length])
    for (let k = 0; k < steps; k++) {
      x = step(x, {
        start: tf.scalar(k / steps),
        end: tf.scalar((k + 1) / steps),
        size: tf.scalar(1 / steps)
      })
    }
    return x
  })
  return Math.max(...end.map((value, i) => Math.abs(value - exact(start[i]!))))
}

describe("solvers", () => {
  it.each([
    ["euler", 1],
    ["heun", 2],
    ["midpoint", 2]
  ] as const)("%s converges to the exact flow with order %d", (solver, order) => {
    const start = Float32Array.from({ length: 9 }, (_, i) => 0.1 * (i + 1))
    const errors = [8, 16, 32].map((steps) => errorOf(solver, steps, logistic, start))
    for (const [coarse, fine] of [errors.slice(0, 2), errors.slice(1)]) {
      // Within a seventh of the order: what the next term of the error leaves at these steps.
      assert.closeTo(Math.log2(coarse! / fine!), order, order / 7)
    }
  })

  it.each(["euler", "heun", "midpoint"] as const)(
    "%s takes noise to a Gaussian of the right mean and deviation",
    (solver) => {
      const error = errorOf(solver, 64, gaussian(0.7, 0.3), normal(1, "noise", 64))
      assert.isBelow(error, solver === "euler" ? 0.03 : 0.001)
    }
  )

  it("evaluates the velocity where the method says", () => {
    const asked: Record<string, Array<number>> = {}
    for (const name of ["euler", "heun", "midpoint"] as const) {
      tf.tidy(() => {
        const velocity: Estimate = (x, time) => {
          ;(asked[name] ??= []).push(time.dataSync()[0]!)
          return tf.zerosLike(x)
        }
        solvers[name](velocity, tf.zeros([1, 1, 1, 1]), {
          start: tf.scalar(0.25),
          end: tf.scalar(0.5),
          size: tf.scalar(0.25)
        })
      })
    }
    assert.deepStrictEqual(asked, { euler: [0.25], heun: [0.25, 0.5], midpoint: [0.25, 0.375] })
  })
})
