/** What the tensors of a U-Net of DeepFloyd IF are called and how they are shaped, in PyTorch's order of axes. */
import type { DeepFloydConfig } from "./config.ts"
import { type AttentionBlock, type Layer, layoutOf, type ResidualBlock } from "./layout.ts"

export type Shapes = Readonly<Record<string, ReadonlyArray<number>>>

type Entries = ReadonlyArray<readonly [name: string, shape: ReadonlyArray<number>]>

/** All tensors by name, those of one module one after another. */
export const deepFloydParameters = (config: DeepFloydConfig): Shapes => {
  const { blockOutChannels, crossAttentionDim, encoderHiddenDim, timeEmbeddingDim } = config
  const { down, middle, up } = layoutOf(config)
  const width = blockOutChannels[0]!
  const residual = (block: ResidualBlock) => residualBlock(block, timeEmbeddingDim)
  const attention = (block: AttentionBlock) => attentionBlock(block, crossAttentionDim)
  const layer = (one: Layer): Entries =>
    one.attention === undefined
      ? residual(one.residual)
      : [...residual(one.residual), ...attention(one.attention)]
  const levels = [...down, ...up].flatMap(({ layers, resampler }) =>
    layers.flatMap(layer).concat(resampler === undefined ? [] : residual(resampler))
  )
  return Object.fromEntries([
    ...conv("conv_in", config.inChannels, width, 3),
    ...embedding("time_embedding", width, timeEmbeddingDim),
    ...(config.noiseLevel ? embedding("class_embedding", width, timeEmbeddingDim) : []),
    ...linear("encoder_hid_proj", encoderHiddenDim, crossAttentionDim),
    ...textEmbedding("add_embedding", encoderHiddenDim, timeEmbeddingDim),
    ...levels,
    ...residual(middle.first),
    ...attention(middle.attention),
    ...residual(middle.second),
    ...norm("conv_norm_out", width),
    ...conv("conv_out", width, config.outChannels, 3)
  ])
}

const weightAndBias = (name: string, shape: ReadonlyArray<number>): Entries => [
  [`${name}.weight`, shape],
  [`${name}.bias`, [shape[0]!]]
]
const norm = (name: string, channels: number): Entries => weightAndBias(name, [channels])
const linear = (name: string, inputs: number, outputs: number): Entries =>
  weightAndBias(name, [outputs, inputs])
const conv = (name: string, inputs: number, outputs: number, kernel: number): Entries =>
  weightAndBias(name, [outputs, inputs, kernel, kernel])

const embedding = (name: string, inputs: number, outputs: number): Entries => [
  ...linear(`${name}.linear_1`, inputs, outputs),
  ...linear(`${name}.linear_2`, outputs, outputs)
]

const textEmbedding = (name: string, inputs: number, outputs: number): Entries => [
  ...norm(`${name}.norm1`, inputs),
  [`${name}.pool.positional_embedding`, [1, inputs]],
  ...["k_proj", "q_proj", "v_proj"].flatMap((part) =>
    linear(`${name}.pool.${part}`, inputs, inputs)
  ),
  ...linear(`${name}.proj`, inputs, outputs),
  ...norm(`${name}.norm2`, outputs)
]

const residualBlock = ({ inputs, name, outputs }: ResidualBlock, time: number): Entries => [
  ...norm(`${name}.norm1`, inputs),
  ...conv(`${name}.conv1`, inputs, outputs, 3),
  // A scale and a shift for each channel.
  ...linear(`${name}.time_emb_proj`, time, 2 * outputs),
  ...norm(`${name}.norm2`, outputs),
  ...conv(`${name}.conv2`, outputs, outputs, 3),
  ...(inputs === outputs ? [] : conv(`${name}.conv_shortcut`, inputs, outputs, 1))
]

const attentionBlock = ({ channels, name }: AttentionBlock, text: number): Entries => [
  ...norm(`${name}.group_norm`, channels),
  ...norm(`${name}.norm_cross`, text),
  ...["to_q", "to_k", "to_v"].flatMap((part) => linear(`${name}.${part}`, channels, channels)),
  ...["add_k_proj", "add_v_proj"].flatMap((part) => linear(`${name}.${part}`, text, channels)),
  ...linear(`${name}.to_out.0`, channels, channels)
]
