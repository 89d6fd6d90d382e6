/** Lists of timesteps by the names that DeepFloyd IF gives them (github.com/deep-floyd/IF, also in diffusers); all for T = 1000. */
import { sectioned } from "./spacings.ts"

/** T of the process that the lists are made for. */
export const namedTimestepsOf = 1000

/** How many timesteps each section of T has, that at 0 first (`sectioned`). The number in a name is their sum. */
const sections = {
  fast27: [10, 10, 3, 2, 2],
  smart27: [7, 4, 2, 1, 2, 4, 7],
  smart50: [10, 6, 4, 3, 2, 2, 3, 4, 6, 10],
  smart100: [1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 7, 8, 9, 10, 13],
  smart185: [1, 1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20],
  super27: [1, 1, 1, 1, 1, 1, 1, 2, 5, 13],
  super40: [2, 2, 2, 2, 2, 2, 3, 4, 6, 15],
  super100: [4, 4, 6, 6, 8, 8, 10, 10, 14, 30]
} as const

export const timestepsNames = [
  "fast27",
  "smart27",
  "smart50",
  "smart100",
  "smart185",
  "super27",
  "super40",
  "super100"
] as const
export type TimestepsName = (typeof timestepsNames)[number]

/** The list, falling. */
export const namedTimesteps = (name: TimestepsName): ReadonlyArray<number> =>
  sectioned(namedTimestepsOf, sections[name])
