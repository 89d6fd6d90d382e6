/** What is wrong with the parameters of a walk, as far as it can be seen before anything runs. */
import { namedTimesteps } from "../stepping/named-timesteps.ts"
import { type Timesteps, timestepsIssues } from "../stepping/timesteps.ts"
import type { SteppingParams } from "./estimator-params.ts"

interface Issue {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly hint: string
}

interface Known {
  readonly dims: { readonly [symbol: string]: number | undefined }
  readonly attributes: { readonly [symbol: string]: string | undefined }
}

type Walk = Pick<SteppingParams, "end" | "timesteps">

/** Of any schedule that has these timesteps. */
export const timestepCount = (asked: Timesteps): number => {
  if (typeof asked === "number") return asked
  if (typeof asked === "string") return namedTimesteps(asked).length
  if (!("kind" in asked)) return asked.length
  return asked.kind === "strided" ? Math.floor(asked.from / asked.stride) + 1 : asked.steps
}

/** How many steps there are from the timestep at `start` on. */
export const stepCount = ({ end, timesteps }: Walk, start = 0): number =>
  timestepCount(timesteps) - start - (end === "clean" ? 0 : 1)

/**
 * @param known `T` is the length of a schedule that is connected, `R` the pixel range
 * @param moves what is walked in all, where it is not the steps
 */
export const steppingIssues = (
  params: Pick<SteppingParams, "end" | "thresholding" | "timesteps"> & {
    readonly frames?: number
    readonly start?: number
  },
  { attributes, dims }: Known,
  moves?: number
): ReadonlyArray<Issue> => {
  const { frames, start = 0, thresholding, timesteps } = params
  const steps = stepCount(params, start)
  return [
    ...(dims["T"] === undefined
      ? []
      : timestepsIssues(timesteps, dims["T"]).map(({ hint, message, path }) => ({
          path: ["timesteps", ...path],
          message,
          hint
        }))),
    ...startIssues(params, start),
    ...(frames === undefined || steps < 1 ? [] : framesIssues(frames, moves ?? steps)),
    ...thresholdingIssues(thresholding, attributes["R"])
  ]
}

/** @param moves that are walked in all */
export const framesIssues = (frames: number, moves: number): ReadonlyArray<Issue> =>
  frames <= moves + 1
    ? []
    : [
        {
          path: ["frames"],
          message: `${frames} frames are more than the ${moves + 1} states of ${moves} steps`,
          hint: `give at most ${moves + 1} frames, or more timesteps`
        }
      ]

/** @param range of the pixels, as far as it is known */
export const thresholdingIssues = (
  asked: SteppingParams["thresholding"],
  range: string | undefined
): ReadonlyArray<Issue> =>
  typeof asked === "string" || range === undefined || range === "[-1,1]"
    ? []
    : [
        {
          path: ["thresholding"],
          message: `dynamic thresholding is for images in [-1,1], not in ${range}`,
          hint: "use `thresholding: clip`, or train with data in [-1,1]"
        }
      ]

const startIssues = (params: Walk, start: number): ReadonlyArray<Issue> => {
  if (stepCount(params, start) >= 1) return []
  const count = timestepCount(params.timesteps)
  if (stepCount(params) < 1) {
    return [
      {
        path: ["timesteps"],
        message: "there is no step from the only timestep",
        hint: "give two timesteps or more, or `end: clean`"
      }
    ]
  }
  const last = count - (params.end === "clean" ? 1 : 2)
  return [
    {
      path: ["start"],
      message: `start ${start} is beyond the last step of ${count} timesteps`,
      hint: `starts are from 0 to ${last}: they count the timesteps, and there must be a step from there`
    }
  ]
}
