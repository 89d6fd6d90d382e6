/** What estimators ask of a network, whichever it is. */
import type { Scalar, Tensor, Tensor1D, Tensor4D } from "@tensorflow/tfjs"
import type { State } from "../../../models/parameters.ts"
import type { Embedding } from "../../../values/values.ts"
import type { Prediction } from "../../stepping/prediction.ts"

/** How a network sees x = √ᾱ x₀ + √(1 - ᾱ) ε: x times `scale` is what it was trained on at `time`, in its own terms. */
export interface Seen {
  readonly scale: number
  readonly time: number
}

export interface NetworkEstimate {
  /** Of the shape of x. */
  readonly prediction: Tensor4D
  /** What the network says of the variance, of the shape of x; for those that learned it. */
  readonly variance?: Tensor4D
}

/** What a network that enlarges is given beside x; a container of tensors, as which an interface would not count. */
export type Beside = {
  /** As `enlarge` makes them, `[N,H,W,C]`. */
  readonly images: Tensor4D
  /** How much noise is in them, as `toldLevel` says, `[N]`. */
  readonly noiseLevels: Tensor1D
}

export interface EstimatingNetwork {
  readonly prediction: Prediction
  readonly learnsVariance: boolean
  /** Whether its steps are to be recorded (`compile`). That holds all weights in float32: too much for large networks. */
  readonly recorded: boolean
  /** From which the same network is built again: what makes two recordings the same. */
  readonly key: string
  /** ᾱ of the timesteps that it was trained with; absent for one of a straight path. */
  readonly alphaBar?: ReadonlyArray<number>
  /** Its tensors, which belong to whoever opened the network. */
  readonly weights: State
  readonly at: (alphaBar: number) => Seen
  /**
   * What it is told of one prompt, `[1,…]` without the axis of samples: a tensor that belongs to the caller.
   *
   * @param prompt absent for no condition
   * @throws UserError when the network cannot be told so
   */
  readonly condition: (
    told: { readonly embedding: Embedding; readonly prompt: string } | undefined
  ) => Tensor | undefined
  /**
   * Only of a network that enlarges: small images in the form in which it is given them.
   *
   * @param images `[N,h,w,C]`
   * @param noiseLevel the timestep of the noise that is added to them
   * @param noise from N(0, I), `[N,H,W,C]`
   * @returns `[N,H,W,C]`, a new tensor
   * @throws UserError when there is no such timestep
   */
  readonly enlarge?: (images: Tensor4D, noiseLevel: number, noise: Tensor4D) => Tensor4D
  /** Exactly with `enlarge`: a timestep of noise in its own terms. */
  readonly toldLevel?: (noiseLevel: number) => number
  /**
   * Pure, so that it can be recorded: what depends on more than `key` comes in as a tensor.
   *
   * @param x `[N,H,W,C]`, scaled as `at` says
   * @param time as `at` says
   * @param conditions `[N,…]`
   * @param beside exactly for a network that enlarges
   */
  readonly evaluate: (
    weights: State,
    x: Tensor4D,
    time: Scalar,
    conditions: Tensor | undefined,
    beside?: Beside
  ) => NetworkEstimate
}
