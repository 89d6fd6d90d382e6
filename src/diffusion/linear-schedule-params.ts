/** A schedule of evenly rising betas as parameters of a stage that takes another schedule as an input. */
import * as Schema from "effect/Schema"
import type { NoiseSchedule } from "../values/values.ts"
import { Beta, Timesteps } from "./schedule-params.ts"
import { alphaBar, linearBetas } from "./schedule.ts"

/** Berkeley CS180's, 2024 edition. */
const defaults = { timesteps: 300, betaStart: 1e-4, betaEnd: 0.02 }

export const linearScheduleParams = {
  timesteps: Schema.optionalKey(
    Timesteps.annotate({
      description: `How many timesteps T the process has, ${defaults.timesteps} when left out; of a schedule whose betas rise evenly.`,
      unit: "timesteps"
    })
  ),
  betaStart: Schema.optionalKey(
    Beta.annotate({ description: `Its first β, ${defaults.betaStart} when left out.` })
  ),
  betaEnd: Schema.optionalKey(
    Beta.annotate({ description: `Its last β, ${defaults.betaEnd} when left out.` })
  )
}

type Params = Schema.Struct<typeof linearScheduleParams>["Type"]

/** The parameters with their defaults. */
export const linearScheduleSettings = ({
  betaEnd = defaults.betaEnd,
  betaStart = defaults.betaStart,
  timesteps = defaults.timesteps
}: Params) => ({ timesteps, betaStart, betaEnd })

/** Parameters that a connected schedule makes pointless. */
export const linearScheduleIssues = (params: Params) =>
  (Object.keys(linearScheduleParams) as Array<keyof Params>).flatMap((name) =>
    params[name] === undefined
      ? []
      : [
          {
            path: [name],
            message: `a schedule is connected, so ${name} says nothing`,
            hint: `remove \`${name}\`, or the input \`schedule\``
          }
        ]
  )

export const linearSchedule = (params: Params): Omit<NoiseSchedule, "type"> => {
  const { betaEnd, betaStart, timesteps } = linearScheduleSettings(params)
  const betas = linearBetas(timesteps, betaStart, betaEnd)
  return { kind: "linear", betas: [...betas], alphaBar: [...alphaBar(betas)] }
}
