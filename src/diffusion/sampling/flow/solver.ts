/** What a solver of dx/dt = u(x, t) is; each has a file of its own. */
import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import type { Estimate } from "../estimate.ts"

/** One step in time; tensors, so that one recording serves all steps. Each is rounded once, from float64. */
export interface TimeStep {
  readonly start: Scalar
  readonly end: Scalar
  /** `end - start`. */
  readonly size: Scalar
}

/** x at the end of a step from x at its start; a new tensor, owned by the caller. */
export type SolverStep = (velocity: Estimate, x: Tensor4D, step: TimeStep) => Tensor4D
