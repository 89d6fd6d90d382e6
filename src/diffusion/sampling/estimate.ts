/** What samplers ask of a network: its estimate at a point and a time, whatever it is conditioned on. */
import type { Scalar, Tensor4D } from "@tensorflow/tfjs"

/**
 * A prediction for each image of a batch, all at one time: a velocity, ε or a clean sample.
 *
 * Pure, so that a sampler's step with one or several of them can be recorded and replayed (`compile`).
 *
 * @param x `[N,H,W,C]`
 * @returns of the same shape
 */
export type Estimate = (x: Tensor4D, time: Scalar) => Tensor4D
