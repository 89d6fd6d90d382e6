/** Noise schedules as `schedule.json`; JSON's shortest decimals give back the same float64 bits. */
import type { NoiseSchedule } from "../values.ts"
import { type CodecOf, isRecord, jsonFile, malformed, readJson } from "./codec-of.ts"

const fileName = "schedule.json"

export const noiseScheduleCodec: CodecOf<NoiseSchedule> = {
  typeOf: ({ betas }) => ({ name: "NoiseSchedule", shape: [betas.length], towards: "noise" }),
  encode: ({ alphaBar, betas, kind }) => {
    if (!areFractions(betas) || !areFractions(alphaBar) || betas.length !== alphaBar.length) {
      throw new TypeError(
        "a noise schedule has a β and an ᾱ between 0 and 1 for each of its timesteps"
      )
    }
    return { meta: { kind }, files: { [fileName]: jsonFile({ kind, betas, alphaBar }) } }
  },
  decode: ({ read }) => {
    const schedule = readJson(read(fileName), fileName)
    if (!isRecord(schedule)) return malformed(`${fileName} is not an object`)
    const { alphaBar, betas, kind } = schedule
    if (typeof kind !== "string" || !areFractions(betas) || !areFractions(alphaBar)) {
      return malformed(`${fileName} needs a kind, and betas and alphaBar between 0 and 1`)
    }
    if (betas.length !== alphaBar.length) {
      return malformed(`${fileName} has ${betas.length} betas, but ${alphaBar.length} of alphaBar`)
    }
    return { type: "NoiseSchedule", kind, betas, alphaBar }
  }
}

const areFractions = (values: unknown): values is ReadonlyArray<number> =>
  Array.isArray(values) &&
  values.length > 0 &&
  values.every((value) => typeof value === "number" && value >= 0 && value <= 1)
