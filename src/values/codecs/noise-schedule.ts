/** Noise schedules as `schedule.json`; JSON's shortest decimals give back the same float64 bits. */
import type { NoiseSchedule } from "../values.ts"
import { type CodecOf, isRecord, jsonFile, malformed, readJson } from "./codec-of.ts"

const fileName = "schedule.json"

export const noiseScheduleCodec: CodecOf<NoiseSchedule> = {
  typeOf: ({ betas }) => ({ name: "NoiseSchedule", shape: [betas.length], towards: "noise" }),
  encode: (schedule) => {
    const problem = noiseScheduleProblem(schedule)
    if (problem !== undefined) throw new TypeError(problem)
    const { alphaBar, betas, kind } = schedule
    return { meta: { kind }, files: { [fileName]: jsonFile({ kind, betas, alphaBar }) } }
  },
  decode: ({ read }) => ({
    type: "NoiseSchedule",
    ...noiseScheduleFrom(readJson(read(fileName), fileName), fileName)
  })
}

/** What makes it no schedule; undefined when it is one. */
export const noiseScheduleProblem = ({
  alphaBar,
  betas
}: Omit<NoiseSchedule, "type">): string | undefined =>
  areFractions(betas) && areFractions(alphaBar) && betas.length === alphaBar.length
    ? undefined
    : "a noise schedule has a β and an ᾱ between 0 and 1 for each of its timesteps"

/**
 * The schedule in parsed JSON.
 *
 * @param shown how messages name the file
 * @throws UserError when it is none
 */
export const noiseScheduleFrom = (value: unknown, shown: string): Omit<NoiseSchedule, "type"> => {
  if (!isRecord(value)) return malformed(`${shown} is not an object`)
  const { alphaBar, betas, kind } = value
  if (typeof kind !== "string" || !areFractions(betas) || !areFractions(alphaBar)) {
    return malformed(`${shown} needs a kind, and betas and alphaBar between 0 and 1`)
  }
  if (betas.length !== alphaBar.length) {
    return malformed(`${shown} has ${betas.length} betas, but ${alphaBar.length} of alphaBar`)
  }
  return { kind, betas, alphaBar }
}

const areFractions = (values: unknown): values is ReadonlyArray<number> =>
  Array.isArray(values) &&
  values.length > 0 &&
  values.every((value) => typeof value === "number" && value >= 0 && value <= 1)
