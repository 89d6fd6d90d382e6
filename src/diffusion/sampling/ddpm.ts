/** Ancestral sampling with a network that predicts ε. */
import type { Scalar, Tensor4D } from "@tensorflow/tfjs"
import { canonicalJson } from "../../base/json.ts"
import { compile } from "../../engine/compile.ts"
import { tf } from "../../engine/tf.ts"
import type { State } from "../../models/parameters.ts"
import type { UNet } from "../../models/unet/unet.ts"
import { remembered } from "../../training/remembered.ts"
import { type AncestralCoefficients, ancestralStep } from "./ancestral.ts"
import { type Conditioning, networkEstimate } from "./network-estimate.ts"

/**
 * x at timestep t - 1 from x at t.
 *
 * @param time of timestep t, as the network was trained with
 * @param noise from N(0, I), of the shape of `x`
 * @returns a new tensor that belongs to the caller
 */
export type DdpmStep = (
  state: State,
  x: Tensor4D,
  conditioning: Conditioning,
  time: number,
  noise: Tensor4D,
  coefficients: AncestralCoefficients<number>
) => Tensor4D

/**
 * The step is recorded once for each shape of a batch and kind of conditioning, and kept for networks of the same
 * architecture; all else are its arguments.
 */
export const ddpmStep = (network: UNet): DdpmStep => {
  const advance = recordings(canonicalJson({ ...network.architecture }), () =>
    compile((state, x, conditioning, time, noise, coefficients) => {
      const epsilon = networkEstimate(network, state, conditioning)(x, time)
      return ancestralStep(x, epsilon, noise, coefficients)
    })
  )
  return (state, x, conditioning, time, noise, coefficients) =>
    tf.tidy(() =>
      advance(state, x, conditioning, tf.scalar(time), noise, {
        inputScale: tf.scalar(coefficients.inputScale),
        noiseScale: tf.scalar(coefficients.noiseScale),
        sampleShare: tf.scalar(coefficients.sampleShare),
        currentShare: tf.scalar(coefficients.currentShare),
        deviation: tf.scalar(coefficients.deviation)
      })
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
      coefficients: AncestralCoefficients<Scalar>
    ) => Tensor4D
  >()
