/** Which residual and attention blocks a U-Net of DeepFloyd IF has, by their names in the weights, and how wide they are. */
import type { DeepFloydConfig } from "./config.ts"

export interface ResidualBlock {
  /** Such as `down_blocks.0.resnets.1`. */
  readonly name: string
  readonly inputs: number
  readonly outputs: number
  /** Whether it halves or doubles the image on the way. */
  readonly resample?: "halve" | "double"
}

export interface AttentionBlock {
  readonly name: string
  readonly channels: number
}

export interface Layer {
  readonly residual: ResidualBlock
  readonly attention?: AttentionBlock
}

/** One level on one way. */
export interface Level {
  readonly name: string
  readonly layers: ReadonlyArray<Layer>
  /** To the next level; the last has none. */
  readonly resampler?: ResidualBlock
}

export interface Layout {
  /** From full size down. */
  readonly down: ReadonlyArray<Level>
  readonly middle: {
    readonly first: ResidualBlock
    readonly attention: AttentionBlock
    readonly second: ResidualBlock
  }
  /** From the lowest level up. Each layer takes what one layer or resampler of `down` (or the first convolution) gave, last first. */
  readonly up: ReadonlyArray<Level>
}

export const layoutOf = (config: DeepFloydConfig): Layout => {
  const { blockOutChannels, downAttention, layersPerBlock, upAttention } = config
  const last = blockOutChannels.length - 1
  /** Of what the way up takes, in the order in which it is made. */
  const skips: Array<number> = [blockOutChannels[0]!]
  let width = blockOutChannels[0]!
  const down = blockOutChannels.map((outputs, index): Level => {
    const name = `down_blocks.${index}`
    const layers = range(layersPerBlock[index]!).map((at): Layer => {
      const inputs = width
      width = outputs
      skips.push(outputs)
      return layer(name, at, { inputs, outputs }, downAttention[index]!)
    })
    if (index === last) return { name, layers }
    skips.push(outputs)
    return { name, layers, resampler: resampler(`${name}.downsamplers.0`, outputs, "halve") }
  })
  const middle = (name: string) => ({ name: `mid_block.${name}`, inputs: width, outputs: width })
  const bottom = {
    first: middle("resnets.0"),
    attention: { name: "mid_block.attentions.0", channels: width },
    second: middle("resnets.1")
  }
  const up = blockOutChannels.toReversed().map((outputs, index): Level => {
    const name = `up_blocks.${index}`
    const layers = range(layersPerBlock[last - index]! + 1).map((at): Layer => {
      const inputs = width + skips.pop()!
      width = outputs
      return layer(name, at, { inputs, outputs }, upAttention[index]!)
    })
    return index === last
      ? { name, layers }
      : { name, layers, resampler: resampler(`${name}.upsamplers.0`, outputs, "double") }
  })
  return { down, middle: bottom, up }
}

const range = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, at) => at)

const layer = (
  level: string,
  at: number,
  widths: Pick<ResidualBlock, "inputs" | "outputs">,
  attends: boolean
): Layer => {
  const residual = { name: `${level}.resnets.${at}`, ...widths }
  if (!attends) return { residual }
  return { residual, attention: { name: `${level}.attentions.${at}`, channels: widths.outputs } }
}

const resampler = (
  name: string,
  channels: number,
  resample: NonNullable<ResidualBlock["resample"]>
): ResidualBlock => ({ name, inputs: channels, outputs: channels, resample })
