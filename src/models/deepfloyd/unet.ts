/**
 * The U-Nets of DeepFloyd IF (github.com/deep-floyd/IF), in diffusers' form: stage I makes pictures of 64 pixels a side from text,
 * stage II enlarges them.
 *
 * A U-Net of residual blocks (`residual-block.ts`) with attention to text and pixels at its lower levels (GLIDE,
 * arXiv:2112.10741, and Imagen, arXiv:2205.11487, as IF names them). Timestep, pooled text and, in stage II, noise level are
 * added up to one vector, which every residual block is told. Module names are those of diffusers' `UNet2DConditionModel`; so are those
 * that a `tap` is given.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { UserError } from "../../base/user-error.ts"
import { tf } from "../../engine/tf.ts"
import { pixelAttention } from "../layers/attention.ts"
import { conv } from "../layers/conv.ts"
import { gelu } from "../layers/gelu.ts"
import { groupNorm } from "../layers/group-norm.ts"
import { linear } from "../layers/linear.ts"
import { sinusoid } from "../layers/sinusoid.ts"
import { type TorchWeights, torchWeights } from "../layers/torch-weights.ts"
import type { State } from "../parameters.ts"
import { crossNormGroups, type DeepFloydConfig, sizeMultiple } from "./config.ts"
import {
  type AttentionBlock,
  type Layer,
  type Layout,
  layoutOf,
  type ResidualBlock
} from "./layout.ts"
import { deepFloydParameters, type Shapes } from "./parameters.ts"
import { residualBlock } from "./residual-block.ts"
import type { Tap } from "./tap.ts"
import { textEmbedding } from "./text-embedding.ts"

export interface DeepFloydInputs {
  /** `[N]`, or `[1]` for all, the timestep of the noise in the small picture; exactly when the network has a noise level (stage II). */
  readonly noiseLevel?: Tensor1D
  /** `[N,L]`, 1 for a token that attention may look at, else 0; all when absent, as IF's own pipelines have it. */
  readonly attentionMask?: Tensor2D
  readonly tap?: Tap
}

export interface DeepFloydUNet {
  readonly config: DeepFloydConfig
  /** The tensors that a state must have. */
  readonly shapes: Shapes
  /**
   * Pure: reads no value and makes no variable, so it can be traced once and replayed.
   *
   * @param state every tensor of `shapes`, by name, in PyTorch's order of axes
   * @param sample `[N,H,W,inChannels]`, H and W multiples of 2^(levels - 1)
   * @param timesteps `[N]`, or `[1]` for all; 0 to 999
   * @param encoderHiddenStates `[N,L,encoderHiddenDim]`, all L tokens of the text encoder, padding with them
   * @returns `[N,H,W,outChannels]`; the caller's
   * @throws UserError when the images cannot be halved as often as the network does it
   * @throws RangeError when the inputs are not those that the configuration asks for
   */
  readonly forward: (
    state: State,
    sample: Tensor4D,
    timesteps: Tensor1D,
    encoderHiddenStates: Tensor3D,
    inputs?: DeepFloydInputs
  ) => Tensor4D
}

export const deepFloydUNet = (config: DeepFloydConfig): DeepFloydUNet => {
  const layout = layoutOf(config)
  return {
    config,
    shapes: deepFloydParameters(config),
    forward: (state, sample, timesteps, encoderHiddenStates, inputs = {}) => {
      checkInputs(config, sample, timesteps, encoderHiddenStates, inputs)
      return tf.tidy(() => {
        const pass = passOf(config, state, timesteps, encoderHiddenStates, inputs)
        return runLevels(config, layout, pass, sample)
      })
    }
  }
}

/** What all blocks of one forward pass share. */
interface Pass {
  readonly config: DeepFloydConfig
  readonly weights: TorchWeights
  /** `[N,T]`, activated. */
  readonly time: Tensor2D
  /** `[N,L,crossAttentionDim]` */
  readonly text: Tensor3D
  /** `[N,L]`, added to the scores of tokens. */
  readonly bias: Tensor2D | undefined
  readonly tap: Tap
}

/** What scores of masked tokens are lowered by (diffusers, `UNet2DConditionModel.forward`). */
const maskedScore = 10_000

const passOf = (
  config: DeepFloydConfig,
  state: State,
  timesteps: Tensor1D,
  encoderHiddenStates: Tensor3D,
  { attentionMask, noiseLevel, tap = () => {} }: DeepFloydInputs
): Pass => {
  const weights = torchWeights(state)
  const seen = <T extends Tensor>(name: string, x: T): T => {
    tap(name, x)
    return x
  }
  const embedded = (name: string, sinusoids: string, steps: Tensor1D): Tensor2D => {
    const waves = seen(sinusoids, sinusoid(steps, config.blockOutChannels[0]!))
    const hidden = gelu(linear(waves, weights.linear(`${name}.linear_1`)))
    return seen(name, linear(hidden, weights.linear(`${name}.linear_2`)))
  }
  const ofTime = embedded("time_embedding", "time_proj", timesteps)
  const ofNoise =
    noiseLevel === undefined
      ? undefined
      : embedded("class_embedding", "time_proj.class_labels", noiseLevel)
  const ofText = seen(
    "add_embedding",
    textEmbedding(
      weights.below("add_embedding"),
      encoderHiddenStates,
      config.poolHeads,
      (name, x) => tap(`add_embedding.${name}`, x)
    )
  )
  const timed = ofNoise === undefined ? ofTime : tf.add<Tensor2D>(ofTime, ofNoise)
  const sum = tf.add<Tensor2D>(timed, ofText)
  const emb = seen("emb", config.timeEmbeddingActivation ? gelu(sum) : sum)
  return {
    config,
    weights,
    time: config.skipTimeActivation ? emb : gelu(emb),
    text: seen("encoder_hid_proj", linear(encoderHiddenStates, weights.linear("encoder_hid_proj"))),
    bias:
      attentionMask === undefined
        ? undefined
        : tf.mul(tf.sub(tf.cast(attentionMask, "float32"), 1), maskedScore),
    tap
  }
}

const runLevels = (
  config: DeepFloydConfig,
  { down, middle, up }: Layout,
  pass: Pass,
  sample: Tensor4D
): Tensor4D => {
  const { tap, weights } = pass
  let x = convolved(weights, "conv_in", sample)
  tap("conv_in", x)
  /** For the way up. */
  const skips = [x]
  for (const { layers, name, resampler } of down) {
    for (const layer of layers) {
      x = runLayer(pass, layer, x)
      skips.push(x)
    }
    if (resampler !== undefined) {
      x = residual(pass, resampler, x, config.outputScale)
      skips.push(x)
    }
    tap(name, x)
  }
  x = residual(pass, middle.first, x, config.midOutputScale)
  x = attention(pass, middle.attention, x)
  x = residual(pass, middle.second, x, config.midOutputScale)
  tap("mid_block", x)
  for (const { layers, name, resampler } of up) {
    for (const layer of layers) x = runLayer(pass, layer, tf.concat([x, skips.pop()!], 3))
    if (resampler !== undefined) x = residual(pass, resampler, x, config.outputScale)
    tap(name, x)
  }
  const { beta, gamma } = weights.norm("conv_norm_out")
  const normalised = groupNorm(x, gamma, beta, normOptions(config))
  tap("conv_norm_out", normalised)
  return convolved(weights, "conv_out", gelu(normalised))
}

const normOptions = ({ normEps, normGroups }: DeepFloydConfig) => ({
  eps: normEps,
  groups: normGroups
})

const runLayer = (pass: Pass, layer: Layer, x: Tensor4D): Tensor4D => {
  const y = residual(pass, layer.residual, x, pass.config.outputScale)
  return layer.attention === undefined ? y : attention(pass, layer.attention, y)
}

const residual = (
  { config, tap, time, weights }: Pass,
  { name, resample }: ResidualBlock,
  x: Tensor4D,
  scale: number
): Tensor4D => {
  // What a block makes on the way is freed with it: long programs are cut, and what lives at the cut is computed and held.
  const y = tf.tidy(() =>
    residualBlock(weights.below(name), x, time, {
      ...normOptions(config),
      scale,
      ...(resample === undefined ? {} : { resample })
    })
  )
  tap(name, y)
  return y
}

/** diffusers' `Attention` with `AttnAddedKVProcessor`: pixels look at the text and at each other in one softmax. */
const attention = (
  { bias, config, tap, text, weights: all }: Pass,
  { channels, name }: AttentionBlock,
  x: Tensor4D
): Tensor4D => {
  const weights = all.below(name)
  const y = tf.tidy(() =>
    pixelAttention(
      x,
      {
        norm: weights.norm("group_norm"),
        query: weights.linear("to_q"),
        key: weights.linear("to_k"),
        value: weights.linear("to_v"),
        output: weights.linear("to_out.0"),
        context: {
          tokens: normalisedText(weights, text, config.normEps),
          key: weights.linear("add_k_proj"),
          value: weights.linear("add_v_proj"),
          ...(bias === undefined ? {} : { bias })
        }
      },
      { ...normOptions(config), heads: channels / config.headChannels }
    )
  )
  tap(name, y)
  return y
}

/** Group norm whose statistics are over a group's channels and all tokens, padding with them. */
const normalisedText = (weights: TorchWeights, text: Tensor3D, eps: number): Tensor3D => {
  const [texts, tokens, channels] = text.shape
  const { beta, gamma } = weights.norm("norm_cross")
  const asImage: Tensor4D = tf.reshape(text, [texts, tokens, 1, channels])
  return tf.reshape(groupNorm(asImage, gamma, beta, { eps, groups: crossNormGroups }), text.shape)
}

const convolved = (weights: TorchWeights, name: string, x: Tensor4D): Tensor4D => {
  const { bias, filter } = weights.conv(name)
  return tf.add(conv(x, filter, { stride: 1, padding: 1 }), bias)
}

const checkInputs = (
  config: DeepFloydConfig,
  sample: Tensor4D,
  timesteps: Tensor1D,
  encoderHiddenStates: Tensor3D,
  { attentionMask, noiseLevel }: DeepFloydInputs
): void => {
  const expect = (
    what: string,
    got: Tensor | undefined,
    ...wanted: ReadonlyArray<ReadonlyArray<number> | undefined>
  ) => {
    const show = (shape: ReadonlyArray<number> | undefined) =>
      shape === undefined ? "nothing" : `[${shape.join(",")}]`
    if (wanted.some((shape) => show(shape) === show(got?.shape))) return
    throw new RangeError(
      `the U-Net's ${what} should be ${wanted.map(show).join(" or ")}, got ${show(got?.shape)}`
    )
  }
  const [images, height, width] = sample.shape
  const [, tokens] = encoderHiddenStates.shape
  expect("sample", sample, [images, height, width, config.inChannels])
  expect("timesteps", timesteps, [images], [1])
  expect("text", encoderHiddenStates, [images, tokens, config.encoderHiddenDim])
  expect("noise level", noiseLevel, ...(config.noiseLevel ? [[images], [1]] : [undefined]))
  if (attentionMask !== undefined) expect("mask", attentionMask, [images, tokens])
  const multiple = sizeMultiple(config)
  if (height % multiple === 0 && width % multiple === 0 && height * width > 0) return
  throw new UserError(
    `a U-Net of ${config.blockOutChannels.length} levels cannot take images of ${width}x${height} pixels`,
    { hint: `give a width and a height that are multiples of ${multiple}` }
  )
}
