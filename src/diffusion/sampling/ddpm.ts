/** Ancestral sampling with a network that predicts ε. */
import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../base/json.ts"
import { compile } from "../../engine/compile.ts"
import { tf } from "../../engine/tf.ts"
import type { State } from "../../models/parameters.ts"
import type { UNet } from "../../models/unet/unet.ts"
import { remembered } from "../../training/remembered.ts"
import { advance, scalars } from "../stepping/advance.ts"
import type { Coefficients } from "../stepping/plan.ts"
import { type Conditioning, networkEstimate } from "./network-estimate.ts"

/**
 * x at the next timestep of a plan (`stepping/plan.ts`).
 *
 * @param time of the timestep that x is at, as the network was trained with
 * @param noise from N(0, I), of the shape of `x`
 * @returns a new tensor that belongs to the caller
 */
export type DdpmStep = (
  state: State,
  x: Tensor4D,
  conditioning: Conditioning,
  time: number,
  noise: Tensor4D,
  coefficients: Coefficients<number>
) => Tensor4D

/**
 * The step is recorded once for each shape of a batch and kind of conditioning, and kept for networks of the same
 * architecture; all else are its arguments.
 */
export const ddpmStep = (network: UNet): DdpmStep => {
  const step = recordings(canonicalJson({ ...network.architecture }), () =>
    compile((state, x, conditioning, time, noise, coefficients) => {
      const prediction = networkEstimate(network, state, conditioning)(x, time)
      return advance({ x }, { prediction, noise }, coefficients, { kind: "none" }).x
    })
  )
  return (state, x, conditioning, time, noise, coefficients) =>
    tf.tidy(() =>
      step(state, x, conditioning, tf.scalar(time), noise, scalars({ ...coefficients }))
    )
}

const recordings =
  remembered<
    (
      state: State,
      x: Tensor4D,
      conditioning: Conditioning,
      time: Scalar,
      noise: Tensor4D,
      coefficients: Coefficients<Scalar>
    ) => Tensor4D
  >()
