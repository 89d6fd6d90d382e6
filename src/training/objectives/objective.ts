/**
 * What a network is trained for: what it is shown of an image, and how far off its answer is.
 *
 * An objective draws its random numbers for each image by itself, so that what an image is trained with does not depend on the
 * batch that it is in, and leaves everything else to tensors, so that a step is recorded once.
 */
import type { Scalar, Tensor } from "@tensorflow/tfjs"
import type { Network } from "../../models/network.ts"
import type { State } from "../../models/parameters.ts"
import type { Model } from "../../values/values.ts"

/** Images of a data set, with the random numbers that belong to them. */
export interface Batch {
  readonly shape: readonly [count: number, height: number, width: number, channels: number]
  /** In the model's range; row-major. */
  readonly images: Float32Array
  readonly labels: Int32Array | undefined
  /** So many draws for each image, one image after another. */
  readonly normal: (stream: string, count: number) => Float32Array
  readonly uniform: (stream: string, count: number) => Float32Array
}

/** Values of a tensor whose first dimension counts the images. */
export interface Input {
  readonly shape: ReadonlyArray<number>
  readonly values: Float32Array
}
export type Inputs = Readonly<Record<string, Input>>
export type InputTensors = Readonly<Record<string, Tensor>>

export interface Objective {
  /** With the architecture, all that its loss depends on: objectives of one name share a recorded step. */
  readonly name: string
  readonly network: Network
  /** What training makes of the model. */
  readonly facts: Pick<Model, "prediction" | "schedule">
  /** What the loss is computed of. When not training, nothing is left to chance that need not be. */
  readonly inputs: (batch: Batch, mode: { readonly training: boolean }) => Inputs
  /** Pure, the mean over the batch. Statistics are the network's new running ones when training, else empty. */
  readonly loss: (
    state: State,
    inputs: InputTensors,
    mode: { readonly training: boolean }
  ) => Losses
}

export interface Losses {
  readonly loss: Scalar
  readonly statistics: State
  /** The share of images that were told right, of a classifier. */
  readonly accuracy?: Scalar
}
