/** Sampling along a flow from noise at time 0 to data at time 1, in even steps. */
import type { Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../../base/json.ts"
import { compile } from "../../../engine/compile.ts"
import { tf } from "../../../engine/tf.ts"
import type { State } from "../../../models/parameters.ts"
import type { UNet } from "../../../models/unet/unet.ts"
import { remembered } from "../../../training/remembered.ts"
import { type Conditioning, networkEstimate } from "../network-estimate.ts"
import type { TimeStep } from "./solver.ts"
import { type SolverName, solvers } from "./solvers.ts"

/**
 * Step k of n of a network's flow, from time k/n to (k+1)/n. With Euler: `x ← x + (1/n) u(x, k/n)`.
 *
 * @returns x after the step, a new tensor that belongs to the caller
 */
export type FlowStep = (
  state: State,
  x: Tensor4D,
  conditioning: Conditioning,
  step: number,
  steps: number
) => Tensor4D

/**
 * The step is recorded once for each shape of a batch and kind of conditioning, and kept for networks of the same
 * architecture; weights and times are its arguments.
 */
export const flowStep = (network: UNet, solver: SolverName): FlowStep => {
  const advance = recordings(canonicalJson({ ...network.architecture, solver }), () =>
    compile((state, x, conditioning, times) =>
      solvers[solver](networkEstimate(network, state, conditioning), x, times)
    )
  )
  return (state, x, conditioning, step, steps) =>
    tf.tidy(() =>
      advance(state, x, conditioning, {
        start: tf.scalar(step / steps),
        end: tf.scalar((step + 1) / steps),
        size: tf.scalar(1 / steps)
      })
    )
}

const recordings =
  remembered<(state: State, x: Tensor4D, conditioning: Conditioning, times: TimeStep) => Tensor4D>()
