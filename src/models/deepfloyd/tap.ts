import type { Tensor } from "@tensorflow/tfjs"

/**
 * Is shown what a network computes on the way, by the names of diffusers' modules. A tensor is freed when the forward pass
 * is over; what is to stay must be kept (`tf.keep`).
 */
export type Tap = (name: string, tensor: Tensor) => void
