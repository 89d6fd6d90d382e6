/** Classifier-free guidance, in both conventions that are in use. */
import type { Scalar, Tensor } from "@tensorflow/tfjs"
import { tf } from "../engine/tf.ts"

/** How much the condition counts. A number alone is γ. */
export type Guidance =
  | number
  | {
      readonly scale: number
      /**
       * `gamma`: `u + γ (c - u)`, for which 0 is unconditional and 1 conditional (Berkeley CS180; diffusers; Saharia et al. 2022,
       * arXiv:2205.11487, equation 2). `w`: `c + w (c - u)`, for which 0 is conditional (Ho & Salimans 2022, arXiv:2207.12598,
       * equation 6). So γ = 1 + w.
       */
      readonly convention: "gamma" | "w"
    }

/** The same strength in the convention `u + γ (c - u)`. */
export const gammaOf = (guidance: Guidance): number =>
  typeof guidance === "number"
    ? guidance
    : guidance.convention === "gamma"
      ? guidance.scale
      : 1 + guidance.scale

/** `u + γ (c - u)`, of any predictions that are linear in the score: velocities, ε, clean samples. */
export const guide = <T extends Tensor>(unconditional: T, conditional: T, gamma: Scalar): T =>
  tf.add(unconditional, tf.mul(tf.sub(conditional, unconditional), gamma))
