/** The settings of the classifier of small images. */
import { leastWhole } from "../least-whole.ts"

export interface ClassifierConfig {
  /** D, the width at full size; twice that at half size, four times that at a quarter. */
  readonly channels: number
  /** Pixels a side. */
  readonly imageSize: number
  readonly imageChannels: number
  /** How many it tells apart. */
  readonly classes: number
}

/** @throws UserError for a network that cannot be built */
export const checkClassifierConfig = (config: ClassifierConfig): void => {
  const least = { channels: 1, imageChannels: 1, imageSize: 4, classes: 2 } as const
  leastWhole("classifier", config, least)
}
