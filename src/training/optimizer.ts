/** What optimizers have in common: they turn a flat gradient into what is subtracted from the parameters. */
import type { Scalar, Tensor1D } from "@tensorflow/tfjs"
import { adam, type AdamOptions } from "./adam.ts"
import { sgd, type SgdOptions } from "./sgd.ts"

/** What an optimizer remembers: flat vectors by name, each as long as the gradient. */
export type Moments = Readonly<Record<string, Tensor1D>>

export interface OptimizerStep {
  /** Of all trained parameters, see `flat.ts`. */
  readonly gradient: Tensor1D
  readonly moments: Moments
  /** The number of this update, from 1, as float32 (whole up to 2²⁴). */
  readonly step: Scalar
  readonly learningRate: Scalar
}

export interface Optimizer {
  /** The names of its moments. They start as zeros. */
  readonly moments: ReadonlyArray<string>
  /** Decoupled weight decay λ: each step also takes `learningRate · λ` of the parameters themselves away. */
  readonly weightDecay: number
  /** Pure: by new values. The change is what is subtracted. */
  readonly update: (step: OptimizerStep) => { readonly change: Tensor1D; readonly moments: Moments }
}

/** With PyTorch's names and defaults. */
export type OptimizerSettings =
  | ({ readonly kind: "adam" } & Partial<Omit<AdamOptions, "weightDecay">>)
  | ({ readonly kind: "adamw" } & Partial<AdamOptions>)
  | ({ readonly kind: "sgd" } & Partial<SgdOptions>)

export const optimizerOf = (settings: OptimizerSettings): Optimizer => {
  if (settings.kind === "sgd") return sgd(settings)
  return settings.kind === "adamw" ? adam({ weightDecay: 0.01, ...settings }) : adam(settings)
}
