/**
 * The U-Net for small images such as digits, unconditional or conditioned on a time and a class.
 *
 * The architecture of Berkeley CS180's project 5, part B; a U-Net (Ronneberger, Fischer & Brox 2015, arXiv:1505.04597) of two
 * levels with convolutions, batch norm and the exact GELU. With D channels and images of S pixels a side and I channels:
 *
 * | module | is | from → to |
 * | --- | --- | --- |
 * | `enter` | ConvBlock | I → D, S; of a network that enlarges 2I → D |
 * | `down1` | DownBlock | D → D, S/2 |
 * | `down2` | DownBlock | D → 2D, S/4 |
 * | – | global average pool, GELU | 2D, 1 |
 * | `unflatten` | transposed convolution S/4, batch norm, GELU | 2D, S/4; conditioned |
 * | `up1` | UpBlock of (down2, unflatten) | 4D → D, S/2; conditioned |
 * | `up2` | UpBlock of (down1, up1) | 2D → D, S |
 * | `leave` | ConvBlock of (enter, up2) | 2D → D, S |
 * | `output` | convolution 3, no norm, no activation | D → I, S |
 * | `time1`, `time2` | embedding of the time | 1 → 2D, 1 → D |
 * | `class1`, `class2` | embedding of the class | classes → 2D, classes → D |
 * | `level1`, `level2` | embedding of the noise in the small images | 1 → 2D, 1 → D |
 *
 * A network that enlarges is shown the small images as further channels, with noise of which it is told how much: Ho et al. 2022
 * (arXiv:2106.15282), section 4.2, and as Saharia et al. 2022 (arXiv:2205.11487), section 2.3, at any level. That embedding is a
 * summand.
 *
 * ConvBlock = `conv1`, `conv2`; DownBlock = `down`, `block.conv1`, `block.conv2`; UpBlock = `up`, `block.conv1`,
 * `block.conv2`. Each of these is `conv` (or the transposed one), `norm`, GELU. An embedding is `fc1`, GELU, `fc2`.
 * So a weight is called `down1.block.conv2.norm.running_mean`, as in the `state_dict` of PyTorch modules of these names, which
 * `test/parity/unet_reference.py` defines.
 */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from "@tensorflow/tfjs"
import { tf } from "../../engine/tf.ts"
import { gelu } from "../layers/gelu.ts"
import { globalAveragePool } from "../layers/global-average-pool.ts"
import { convModule } from "../modules/conv.ts"
import { embedding } from "../modules/embedding.ts"
import type { Module, Pass } from "../modules/module.ts"
import type { Network } from "../network.ts"
import type { State } from "../parameters.ts"
import { convBlock, downBlock, unflatten, upBlock } from "./blocks.ts"
import { checkUNetConfig, type UNetConfig } from "./config.ts"

export interface UNetInputs {
  /** `[N]`, in [0, 1]; exactly when the network has a time. */
  readonly time?: Tensor1D
  /** `[N,classes]`, one-hot, a row of zeros for no class; exactly when the network has classes. */
  readonly classes?: Tensor2D
  /** Exactly when the network enlarges. */
  readonly small?: SmallImages
  /** Normalise with the batch's statistics, and return the new running ones. */
  readonly training: boolean
}

export interface SmallImages {
  /** Small images at the network's own size, with noise, `[N,S,S,I]`. */
  readonly images: Tensor4D
  /** How much noise that is, `[N]`, in [0, 1] as a time. */
  readonly noiseLevel: Tensor1D
}

export interface UNetResult {
  /** Of the shape of the input. */
  readonly output: Tensor4D
  /** The new running statistics by name when training, else empty; without gradient. */
  readonly statistics: State
}

export interface UNet extends Network {
  readonly config: UNetConfig
  /**
   * Pure: reads no value and makes no variable, so it can be traced once and replayed.
   *
   * @param state every tensor of `parameters`, by name
   * @param x `[N,S,S,I]`
   * @returns tensors that belong to the caller
   * @throws RangeError when the inputs are not those that the configuration asks for
   */
  readonly forward: (state: State, x: Tensor4D, inputs: UNetInputs) => UNetResult
}

/** @throws UserError for a configuration that makes no sense */
export const unet = (config: UNetConfig): UNet => {
  checkUNetConfig(config)
  const { channels: width, classes, enlarges, imageChannels, imageSize, time } = config
  const shown = enlarges === undefined ? imageChannels : 2 * imageChannels
  const enter = convBlock("enter", shown, width)
  const down1 = downBlock("down1", width, width)
  const down2 = downBlock("down2", width, 2 * width)
  const bottom = unflatten("unflatten", 2 * width, imageSize / 4)
  const up1 = upBlock("up1", 4 * width, width)
  const up2 = upBlock("up2", 2 * width, width)
  const leave = convBlock("leave", 2 * width, width)
  const output = convModule("output", {
    inputs: width,
    outputs: imageChannels,
    kernel: 3,
    stride: 1,
    padding: 1
  })
  const pair = (name: string, inputs: number): readonly [Module<Tensor2D>, Module<Tensor2D>] => [
    embedding(`${name}1`, inputs, 2 * width),
    embedding(`${name}2`, inputs, width)
  ]
  const times = config.time === "none" ? undefined : pair("time", 1)
  const labels = classes === 0 ? undefined : pair("class", classes)
  const noiseLevels = enlarges === undefined ? undefined : pair("level", 1)

  const run = (pass: Pass, x: Tensor4D, told: Told): Tensor4D => {
    /** `features` conditioned at the bottom (depth 0) or half way up (depth 1). */
    const conditioned = (features: Tensor4D, depth: 0 | 1): Tensor4D => {
      const embed = (modules: typeof times, input: Tensor2D | undefined) =>
        modules === undefined || input === undefined
          ? undefined
          : perChannel(modules[depth].apply(pass, input))
      const byClass = embed(labels, told.label)
      const byTime = embed(times, told.time)
      const byLevel = embed(noiseLevels, told.noiseLevel)
      const scaled = byClass === undefined ? features : tf.mul<Tensor4D>(features, byClass)
      const timed =
        byTime === undefined
          ? scaled
          : time === "add"
            ? tf.add<Tensor4D>(scaled, byTime)
            : tf.mul<Tensor4D>(scaled, byTime)
      return byLevel === undefined ? timed : tf.add(timed, byLevel)
    }
    const h0 = enter.apply(pass, x)
    const h1 = down1.apply(pass, h0)
    const h2 = down2.apply(pass, h1)
    const z = conditioned(bottom.apply(pass, gelu(globalAveragePool(h2))), 0)
    const u1 = conditioned(up1.apply(pass, tf.concat([h2, z], 3)), 1)
    const u2 = up2.apply(pass, tf.concat([h1, u1], 3))
    return output.apply(pass, leave.apply(pass, tf.concat([h0, u2], 3)))
  }

  const modules = [enter, down1, down2, bottom, up1, up2, leave, output]
  return {
    config,
    architecture: {
      kind: "unet",
      channels: width,
      imageSize,
      imageChannels,
      time,
      classes,
      ...(enlarges === undefined ? {} : { enlarges })
    },
    parameters: [...modules, ...(times ?? []), ...(labels ?? []), ...(noiseLevels ?? [])].flatMap(
      (m) => m.parameters
    ),
    forward: (state, x, inputs) => {
      checkInputs(config, x, inputs)
      return tf.tidy(() => {
        const statistics: Record<string, Tensor> = {}
        const pass: Pass = { state, training: inputs.training, statistics }
        const { classes, small, time } = inputs
        const told = {
          ...(time === undefined ? {} : { time: column(time) }),
          ...(classes === undefined ? {} : { label: classes }),
          ...(small === undefined ? {} : { noiseLevel: column(small.noiseLevel) })
        }
        const seen = small === undefined ? x : tf.concat([x, small.images], 3)
        return { output: run(pass, seen, told), statistics }
      })
    }
  }
}

/** What the network is told of each image, a row an image. */
interface Told {
  readonly time?: Tensor2D
  readonly label?: Tensor2D
  readonly noiseLevel?: Tensor2D
}

const column = (values: Tensor1D): Tensor2D => tf.reshape(values, [-1, 1])

/** `[N,C]` to `[N,1,1,C]`, which meets every pixel. */
const perChannel = (embedded: Tensor2D): Tensor4D => {
  const [images, channels] = embedded.shape
  return tf.reshape(embedded, [images, 1, 1, channels])
}

const checkInputs = (
  config: UNetConfig,
  x: Tensor4D,
  { classes, small, time }: UNetInputs
): void => {
  const expect = (
    what: string,
    got: Tensor | undefined,
    shape: ReadonlyArray<number> | undefined
  ) => {
    const [has, wants] = [got?.shape.join(","), shape?.join(",")]
    if (has === wants) return
    const show = (dims: string | undefined) => (dims === undefined ? "nothing" : `[${dims}]`)
    throw new RangeError(`the U-Net's ${what} should be ${show(wants)}, got ${show(has)}`)
  }
  const { enlarges, imageChannels, imageSize } = config
  const images = x.shape[0]
  const own = [images, imageSize, imageSize, imageChannels]
  expect("input", x, own)
  expect("small images", small?.images, enlarges === undefined ? undefined : own)
  expect("noise level", small?.noiseLevel, enlarges === undefined ? undefined : [images])
  expect("time", time, config.time === "none" ? undefined : [images])
  expect("classes", classes, config.classes === 0 ? undefined : [images, config.classes])
}
