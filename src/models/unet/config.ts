/** The settings of the U-Net for digits. */
import { UserError } from "../../base/user-error.ts"
import { leastWhole } from "../least-whole.ts"

export interface UNetConfig {
  /** D, the width at full size; twice that at the bottom. */
  readonly channels: number
  /** Pixels a side, a multiple of 4; the bottom has a quarter. Digits have 28. */
  readonly imageSize: number
  /** Of the input and of the output. */
  readonly imageChannels: number
  /** How the time's embedding meets the features: not at all, as a factor, or as a summand. */
  readonly time: "none" | "multiply" | "add"
  /** Length of the one-hot class vector, whose embedding is a factor; 0 for none. */
  readonly classes: number
  /**
   * By which factor it enlarges, 2 or more: it is shown the small images at its own size beside the noisy ones, and told how much
   * noise is in them. Absent for a network that does not.
   */
  readonly enlarges?: number
}

/** The U-Net of 28x28 grey digits; only its width remains to be chosen. */
export const digits = {
  imageSize: 28,
  imageChannels: 1,
  time: "none",
  classes: 0
} as const satisfies Partial<UNetConfig>

/** @throws UserError for a network that cannot be built */
export const checkUNetConfig = (config: UNetConfig): void => {
  leastWhole("U-Net", config, { channels: 1, imageChannels: 1, classes: 0, imageSize: 4 })
  const { enlarges } = config
  if (enlarges !== undefined) checkEnlarging(config, enlarges)
  if (config.imageSize % 4 === 0) return
  const lower = config.imageSize - (config.imageSize % 4)
  throw new UserError(
    `a U-Net that halves its images twice cannot take ${config.imageSize} pixels a side`,
    { hint: `Give a multiple of 4, such as ${lower} or ${lower + 4}.` }
  )
}

const checkEnlarging = ({ imageSize, time }: UNetConfig, factor: number): void => {
  leastWhole("U-Net", { enlarges: factor }, { enlarges: 2 })
  if (time === "none") {
    throw new UserError("a U-Net that enlarges images has to be told the time", {
      hint: "Give it `time: add`."
    })
  }
  if (imageSize % factor === 0) return
  throw new UserError(
    `${imageSize} pixels a side are not ${factor} times as many as a whole number`,
    {
      hint: "Give a factor that divides the size."
    }
  )
}
