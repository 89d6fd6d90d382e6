/**
 * A classifier of small images such as digits, to judge generated ones by: its answers, and the features behind them.
 *
 * A plain convolutional network of convolutions, batch norm (Ioffe & Szegedy 2015, arXiv:1502.03167) and the exact GELU, with a
 * global average pool before the dense layers (Lin, Chen & Yan 2014, arXiv:1312.4400). With D channels and images of S pixels a
 * side, I channels and K classes:
 *
 * | module | is | from → to |
 * | --- | --- | --- |
 * | `enter` | convolution 3, batch norm, GELU | I → D, S |
 * | `down1` | the same with stride 2 | D → 2D, S/2 |
 * | `block1` | the same with stride 1 | 2D, S/2 |
 * | `down2` | the same with stride 2 | 2D → 4D, S/4 |
 * | `block2` | the same with stride 1 | 4D, S/4 |
 * | – | global average pool | 4D |
 * | `features` | linear, GELU | 4D |
 * | `logits` | linear | 4D → K |
 *
 * Halves are rounded up. The first five have `conv` and `norm`: a weight is called `down1.conv.weight` or
 * `block2.norm.running_mean`, as in the `state_dict` of the PyTorch modules of `test/parity/classifier_reference.py`.
 */
import type { Tensor, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { gelu } from "../layers/gelu.ts"
import { globalAveragePool } from "../layers/global-average-pool.ts"
import { convNormGelu } from "../modules/conv-norm-gelu.ts"
import { linearModule } from "../modules/linear.ts"
import { type Pass, sequence } from "../modules/module.ts"
import type { Network } from "../network.ts"
import type { State } from "../parameters.ts"
import { checkClassifierConfig, type ClassifierConfig } from "./config.ts"

export interface ClassifierResult {
  /** `[N,K]`, logarithms of the classes' probabilities up to a constant. */
  readonly logits: Tensor2D
  /** `[N,4D]`, what the logits are a linear function of. */
  readonly features: Tensor2D
  /** The new running statistics by name when training, else empty; without gradient. */
  readonly statistics: State
}

export interface Classifier extends Network {
  readonly config: ClassifierConfig
  /**
   * Pure: reads no value and makes no variable, so it can be traced once and replayed.
   *
   * @param state every tensor of `parameters`, by name
   * @param x `[N,S,S,I]`
   * @param mode when training, normalises with the batch's statistics, and returns the new running ones
   * @returns tensors that belong to the caller
   * @throws RangeError when the input is not of the size that the configuration says
   */
  readonly forward: (
    state: State,
    x: Tensor4D,
    mode: { readonly training: boolean }
  ) => ClassifierResult
}

/** @throws UserError for a configuration that makes no sense */
export const classifier = (config: ClassifierConfig): Classifier => {
  checkClassifierConfig(config)
  const { channels: width, classes, imageChannels, imageSize } = config
  const conv = (name: string, inputs: number, outputs: number, stride: number) =>
    convNormGelu(name, { inputs, outputs, kernel: 3, stride, padding: 1 })
  const blocks = sequence(
    conv("enter", imageChannels, width, 1),
    conv("down1", width, 2 * width, 2),
    conv("block1", 2 * width, 2 * width, 1),
    conv("down2", 2 * width, 4 * width, 2),
    conv("block2", 4 * width, 4 * width, 1)
  )
  const dense = linearModule("features", 4 * width, 4 * width)
  const last = linearModule("logits", 4 * width, classes)
  return {
    config,
    architecture: { kind: "classifier", channels: width, imageSize, imageChannels, classes },
    parameters: [blocks, dense, last].flatMap(({ parameters }) => parameters),
    forward: (state, x, { training }) => {
      checkInput(config, x)
      return tf.tidy(() => {
        const statistics: Record<string, Tensor> = {}
        const pass: Pass = { state, training, statistics }
        const pooled = globalAveragePool(blocks.apply(pass, x))
        const features = gelu(dense.apply(pass, tf.reshape(pooled, [-1, 4 * width])))
        return { logits: last.apply(pass, features), features, statistics }
      })
    }
  }
}

const checkInput = ({ imageChannels, imageSize }: ClassifierConfig, x: Tensor4D): void => {
  const expected = [x.shape[0], imageSize, imageSize, imageChannels].join(",")
  if (x.shape.join(",") === expected) return
  throw new RangeError(`the classifier's input should be [${expected}], got [${x.shape.join(",")}]`)
}
