/**
 * The settings of DeepFloyd IF's U-Nets, as diffusers writes them: `unet/config.json` of a `UNet2DConditionModel`. That class
 * stands for many networks; supported is the one that IF is, in its two forms: stage I (64 pixels a side) and stage II (super-resolution to 256).
 */
import { UserError } from "../../base/user-error.ts"
import { type ConfigFile, type Fields, modelNamed, readFields } from "./config-file.ts"

export interface DeepFloydConfig {
  /** 3, or 6 where the enlarged picture comes with the noisy one. */
  readonly inChannels: number
  /** The prediction and what its variance is made of. */
  readonly outChannels: number
  /** By level, from full size down. */
  readonly blockOutChannels: ReadonlyArray<number>
  /** By level. */
  readonly layersPerBlock: ReadonlyArray<number>
  /** By level, on the way down: whether its layers have attention. */
  readonly downAttention: ReadonlyArray<boolean>
  /** By block on the way up, so from the lowest level on. */
  readonly upAttention: ReadonlyArray<boolean>
  /** Channels of a head of attention. */
  readonly headChannels: number
  readonly normGroups: number
  /** Added to the variances in norms. */
  readonly normEps: number
  /** E, of the text encoder's states. */
  readonly encoderHiddenDim: number
  /** Of the text as attention sees it. */
  readonly crossAttentionDim: number
  /** Heads in which the text is pooled. */
  readonly poolHeads: number
  /** T, the length of the vector that residual blocks are told time and text by. */
  readonly timeEmbeddingDim: number
  /** Whether the network is told a noise level beside the timestep: stage II. */
  readonly noiseLevel: boolean
  /** Whether that vector goes through a GELU once, for all blocks. */
  readonly timeEmbeddingActivation: boolean
  /** Whether residual blocks apply none to it themselves. */
  readonly skipTimeActivation: boolean
  /** What the sum at the end of a residual block is divided by. */
  readonly outputScale: number
  /** The same in the middle block. */
  readonly midOutputScale: number
}

/** The norm of the text before attention, whatever `norm_num_groups` says (diffusers, `Attention.norm_cross`). */
export const crossNormGroups = 32

/** The smallest height and width, of which images must be multiples. */
export const sizeMultiple = ({ blockOutChannels }: DeepFloydConfig): number =>
  2 ** (blockOutChannels.length - 1)

const networkClass = "UNet2DConditionModel"
const down = { plain: "ResnetDownsampleBlock2D", attention: "SimpleCrossAttnDownBlock2D" } as const
const up = { plain: "ResnetUpsampleBlock2D", attention: "SimpleCrossAttnUpBlock2D" } as const

/**
 * @throws UserError when the configuration is of another model, or of a `UNet2DConditionModel` that IF does not have
 */
export const decodeDeepFloydConfig = (file: ConfigFile): DeepFloydConfig => {
  const { json, shown } = file
  if (json["_class_name"] !== networkClass) {
    const named = modelNamed(json)
    throw new UserError(
      `${shown} is the configuration of ${named === undefined ? "an unnamed model" : named}, where a ${networkClass} is needed`,
      { hint: "give the folder of a U-Net, such as unet/ of DeepFloyd/IF-I-M-v1.0" }
    )
  }
  return readFields(file, "a U-Net of DeepFloyd IF", read)
}

/** Defaults are those of diffusers' `UNet2DConditionModel`; older copies of the files lack newer fields. */
const read = (fields: Fields): DeepFloydConfig => {
  const { check, count, countOrNull, flag, oneOf, positive } = fields
  const blockOutChannels = fields.counts("block_out_channels")
  const downTypes = fields.listOf("down_block_types", Object.values(down))
  const upTypes = fields.listOf("up_block_types", Object.values(up))
  const levels = blockOutChannels.length
  const config: DeepFloydConfig = {
    inChannels: count("in_channels", 4),
    outChannels: count("out_channels", 4),
    blockOutChannels,
    layersPerBlock: fields.countPerLevel("layers_per_block", levels, 2),
    downAttention: downTypes.map((type) => type === down.attention),
    upAttention: upTypes.map((type) => type === up.attention),
    headChannels: count("attention_head_dim", 8),
    normGroups: count("norm_num_groups", 32),
    normEps: oneOf("norm_eps", [1e-5], 1e-5),
    encoderHiddenDim: count("encoder_hid_dim"),
    crossAttentionDim: count("cross_attention_dim", 1280),
    poolHeads: count("addition_embed_type_num_heads", 64),
    timeEmbeddingDim: countOrNull("time_embedding_dim") ?? 4 * blockOutChannels[0]!,
    noiseLevel: oneOf("class_embed_type", [null, "timestep"], null) !== null,
    timeEmbeddingActivation: oneOf("time_embedding_act_fn", [null, "gelu"], null) !== null,
    skipTimeActivation: flag("resnet_skip_time_act", false),
    outputScale: positive("resnet_out_scale_factor", 1),
    midOutputScale: positive("mid_block_scale_factor", 1)
  }
  readFixed(fields)
  const perLevel = { down_block_types: downTypes, up_block_types: upTypes }
  for (const [name, list] of Object.entries(perLevel)) {
    check(
      list.length === levels,
      () => `${name} has ${list.length} entries, block_out_channels ${levels}`
    )
  }
  checkDivisors(config, check)
  return config
}

/** What is the same in all of IF's networks, and another network otherwise. */
const readFixed = ({ oneOf, unused }: Fields): void => {
  oneOf("act_fn", ["gelu"], "silu")
  oneOf("mid_block_type", ["UNetMidBlock2DSimpleCrossAttn"], "UNetMidBlock2DCrossAttn")
  oneOf("addition_embed_type", ["text"], null)
  // Missing in older copies, where `encoder_hid_dim` alone says it.
  oneOf("encoder_hid_dim_type", [null, "text_proj"], null)
  oneOf("cross_attention_norm", ["group_norm"], null)
  oneOf("resnet_time_scale_shift", ["scale_shift"], "default")
  oneOf("time_embedding_type", ["positional"], "positional")
  oneOf("flip_sin_to_cos", [true], true)
  oneOf("freq_shift", [0], 0)
  oneOf("center_input_sample", [false], false)
  oneOf("class_embeddings_concat", [false], false)
  oneOf("conv_in_kernel", [3], 3)
  oneOf("conv_out_kernel", [3], 3)
  oneOf("only_cross_attention", [false], false)
  oneOf("mid_block_only_cross_attention", [null, false], null)
  // Newer fields, as they are where they do nothing.
  oneOf("dropout", [0], 0)
  oneOf("attention_type", ["default"], "default")
  // Of blocks that IF does not have, and the size that pictures are expected to have.
  unused([
    "sample_size",
    "downsample_padding",
    "dual_cross_attention",
    "use_linear_projection",
    "upcast_attention",
    "transformer_layers_per_block"
  ])
}

const checkDivisors = (
  { blockOutChannels, crossAttentionDim, encoderHiddenDim, poolHeads, ...config }: DeepFloydConfig,
  check: Fields["check"]
): void => {
  const divides = (name: string, size: number, parts: number, what: string) =>
    check(
      size % parts === 0,
      () => `${name} has ${size}, which cannot be divided into ${parts} ${what}`
    )
  const levels = blockOutChannels.length
  for (const [level, channels] of blockOutChannels.entries()) {
    divides("block_out_channels", channels, config.normGroups, "groups (norm_num_groups)")
    const attends =
      config.downAttention[level] === true ||
      config.upAttention[levels - 1 - level] === true ||
      level === levels - 1
    if (attends) {
      const width = config.headChannels
      check(
        channels % width === 0,
        () =>
          `block_out_channels has ${channels}, which is no multiple of attention_head_dim, ${width}`
      )
    }
  }
  divides("block_out_channels", blockOutChannels[0]!, 2, "halves of sines and cosines")
  divides("cross_attention_dim", crossAttentionDim, crossNormGroups, "groups")
  divides("encoder_hid_dim", encoderHiddenDim, poolHeads, "heads (addition_embed_type_num_heads)")
}
