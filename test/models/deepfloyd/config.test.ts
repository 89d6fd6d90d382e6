/** The configurations of the published U-Nets, and what is refused. */
import { assert, describe, it } from "vitest"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { configFrom, readConfigFile } from "../../../src/models/deepfloyd/config-file.ts"
import { decodeDeepFloydConfig, sizeMultiple } from "../../../src/models/deepfloyd/config.ts"
import { userError } from "../../engine/weights/files.ts"
import { sharedFile, temporaryFolder } from "../../support/project.ts"

/** The smallest that is a U-Net of IF, without any field that has a default. */
const small = {
  _class_name: "UNet2DConditionModel",
  _diffusers_version: "0.15.0",
  act_fn: "gelu",
  addition_embed_type: "text",
  addition_embed_type_num_heads: 2,
  attention_head_dim: 8,
  block_out_channels: [8, 16],
  cross_attention_dim: 32,
  cross_attention_norm: "group_norm",
  down_block_types: ["ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"],
  encoder_hid_dim: 12,
  in_channels: 3,
  layers_per_block: 1,
  mid_block_type: "UNetMidBlock2DSimpleCrossAttn",
  norm_num_groups: 4,
  out_channels: 6,
  resnet_time_scale_shift: "scale_shift",
  up_block_types: ["SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"]
}

const decode = (changes: Readonly<Record<string, unknown>> = {}) =>
  decodeDeepFloydConfig(configFrom({ ...small, ...changes }, "unet/config.json"))

const refusal = (changes: Readonly<Record<string, unknown>>) => userError(() => decode(changes))

const realConfigs = sharedFile("fixtures", "if", "real-configs.json")

describe.skipIf(realConfigs === undefined)("the configuration of", () => {
  const { unet } = JSON.parse(readFileSync(realConfigs!, "utf8")) as {
    readonly unet: Readonly<Record<string, { readonly config: Readonly<Record<string, unknown>> }>>
  }
  const read = (model: string, without: ReadonlyArray<string> = []) => {
    const fields = Object.entries(unet[model]!.config).filter(([name]) => !without.includes(name))
    return decodeDeepFloydConfig(configFrom(Object.fromEntries(fields), model))
  }

  it("IF-I-XL is read", () => {
    assert.deepStrictEqual(read("IF-I-XL"), {
      inChannels: 3,
      outChannels: 6,
      blockOutChannels: [704, 1408, 2112, 2816],
      layersPerBlock: [3, 3, 3, 3],
      downAttention: [false, true, true, true],
      upAttention: [true, true, true, false],
      headChannels: 64,
      normGroups: 32,
      normEps: 1e-5,
      encoderHiddenDim: 4096,
      crossAttentionDim: 2816,
      poolHeads: 64,
      timeEmbeddingDim: 2816,
      noiseLevel: false,
      timeEmbeddingActivation: false,
      skipTimeActivation: false,
      outputScale: 1,
      midOutputScale: 1
    })
    assert.strictEqual(sizeMultiple(read("IF-I-XL")), 8)
  })
  it("IF-II-M is read, with a number of layers for each level", () => {
    const config = read("IF-II-M")
    assert.deepInclude(config, {
      inChannels: 6,
      layersPerBlock: [2, 2, 3, 4, 2],
      timeEmbeddingDim: 768,
      noiseLevel: true,
      timeEmbeddingActivation: true,
      skipTimeActivation: true,
      outputScale: 1.4142271248762552,
      midOutputScale: 1.4142271248762552
    })
    assert.strictEqual(sizeMultiple(config), 16)
  })
  it("all five is read the same without the field that older copies lack", () => {
    for (const model of Object.keys(unet)) {
      assert.deepStrictEqual(read(model, ["encoder_hid_dim_type"]), read(model))
    }
  })
})

describe("a configuration", () => {
  it("has the library's defaults for what it leaves out", () => {
    assert.deepInclude(decode(), {
      timeEmbeddingDim: 32,
      normEps: 1e-5,
      noiseLevel: false,
      outputScale: 1
    })
  })
  it("may have fields that are null, or private, or of no effect here", () => {
    const more = { new_in_2030: null, _name_or_path: "DeepFloyd/IF-I-M-v1.0", sample_size: 64 }
    assert.deepStrictEqual(decode(more), decode())
  })
  it("of another class of models is refused with one message", () => {
    const named = refusal({ _class_name: "AutoencoderKL" })
    assert.strictEqual(
      named.message,
      "unet/config.json is the configuration of AutoencoderKL, where a UNet2DConditionModel is needed"
    )
    assert.include(named.hint, "unet/")
    const t5 = { model_type: "t5", architectures: ["T5EncoderModel"] }
    assert.include(
      userError(() => decodeDeepFloydConfig(configFrom(t5, "x"))).message,
      "T5EncoderModel"
    )
    assert.include(userError(() => decodeDeepFloydConfig(configFrom({}, "x"))).message, "unnamed")
    assert.include(userError(() => configFrom([1], "x")).message, "not a JSON object")
  })
  it.each([
    ["act_fn", "silu", 'act_fn is "silu"; supported is "gelu"'],
    ["act_fn", undefined, 'act_fn is "silu"'],
    ["cross_attention_norm", "layer_norm", 'supported is "group_norm"'],
    ["class_embed_type", "projection", 'supported is null or "timestep"'],
    ["time_embedding_type", "fourier", 'time_embedding_type is "fourier"'],
    ["only_cross_attention", true, "only_cross_attention is true"],
    ["norm_eps", 1e-6, "norm_eps is 0.000001; supported is 0.00001"],
    ["encoder_hid_dim", undefined, "encoder_hid_dim is missing"],
    ["encoder_hid_dim", null, "encoder_hid_dim is null"],
    ["encoder_hid_dim_type", "image_proj", '"image_proj"'],
    ["attention_head_dim", [8, 8], "attention_head_dim is [8,8]"],
    ["num_attention_heads", 4, "num_attention_heads is 4"],
    ["block_out_channels", [], "block_out_channels is []"],
    ["block_out_channels", [8, 0], "block_out_channels is [8,0]"],
    ["layers_per_block", [1, 1, 1], "layers_per_block is [1,1,1]; supported is a whole number"],
    ["layers_per_block", 0, "layers_per_block is 0"],
    ["resnet_out_scale_factor", 0, "resnet_out_scale_factor is 0; supported is a number above 0"],
    ["resnet_skip_time_act", "yes", "supported is true or false"],
    ["time_embedding_dim", -1, "time_embedding_dim is -1"],
    ["down_block_types", ["DownBlock2D"], 'down_block_types holds "DownBlock2D"'],
    ["up_block_types", "UpBlock2D", 'up_block_types is "UpBlock2D"; supported is a list of'],
    ["up_block_types", ["ResnetUpsampleBlock2D"], "up_block_types has 1 entries"],
    ["new_in_2030", 3, "new_in_2030 is 3; it is not known here"],
    ["norm_num_groups", 3, "8, which cannot be divided into 3 groups"],
    ["block_out_channels", [8, 20], "20, which is no multiple of attention_head_dim, 8"],
    ["cross_attention_dim", 48, "48, which cannot be divided into 32 groups"],
    ["addition_embed_type_num_heads", 5, "12, which cannot be divided into 5 heads"]
  ])("with %s %j is refused, saying why", (name, value, expected) => {
    const fields = Object.entries({ ...small, [name]: value }).filter(
      ([, one]) => one !== undefined
    )
    const json = configFrom(Object.fromEntries(fields), "unet/config.json")
    assert.include(userError(() => decodeDeepFloydConfig(json)).message, expected)
  })
  it("is told all that is wrong with it at once", () => {
    const { message } = refusal({ act_fn: "silu", in_channels: 0, freq_shift: 1 })
    for (const name of ["act_fn", "in_channels", "freq_shift"]) assert.include(message, name)
  })
  it("that is no JSON, or not there, is refused", () => {
    const folder = mkdtempSync(path.join(temporaryFolder(), "unet-"))
    assert.include(userError(() => readConfigFile(folder)).message, "there is no file")
    writeFileSync(path.join(folder, "config.json"), '{"a": 1, "a": 2}')
    assert.include(userError(() => readConfigFile(folder)).message, 'names "a" twice')
    writeFileSync(path.join(folder, "config.json"), "version https://git-lfs")
    assert.include(userError(() => readConfigFile(folder)).message, "it is not JSON")
  })
})
