/** `resources: { cpu: 2, gpu: 1, memory: 16GB, time: 2h }`: what a stage needs to run, never part of its key. */
import type { Json } from "../base/json.ts"
import { describeScalar } from "./node.ts"
import { suggestion } from "./suggestion.ts"
import type { Resources } from "./pipeline.ts"

export interface ResourceProblem {
  readonly path: ReadonlyArray<string>
  readonly message: string
  readonly hint?: string
}

const names = ["cpu", "gpu", "memory", "time"]

const bytes: Record<string, number> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4
}

const milliseconds: Record<string, number> = { ms: 1, s: 1e3, min: 6e4, m: 6e4, h: 36e5, d: 864e5 }

export const readResources = (value: Json, tell: (problem: ResourceProblem) => void): Resources => {
  if (value === null) return {}
  if (typeof value !== "object" || Array.isArray(value)) {
    tell({
      path: [],
      message: `\`resources\` must be a map such as \`{ cpu: 2, memory: 4GB }\`, but it is ${describe(value)}`
    })
    return {}
  }
  const read: { cpu?: number; gpu?: number; memoryBytes?: number; timeMs?: number } = {}
  for (const [name, given] of Object.entries(value)) {
    const wrong = (expected: string, hint?: string) =>
      tell({
        path: [name],
        message: `\`${name}\` must be ${expected}, but it is ${describe(given)}`,
        ...(hint === undefined ? {} : { hint })
      })
    if (name === "cpu") {
      if (typeof given === "number" && given > 0) read.cpu = given
      else wrong("a number above 0")
    } else if (name === "gpu") {
      if (typeof given === "number" && given >= 0) read.gpu = given
      else wrong("a number of at least 0")
    } else if (name === "memory") {
      const size = memory(given)
      if (size === undefined)
        wrong(
          "a size such as `16GB` or `512MiB`",
          typeof given === "number" ? `say the unit: \`${given}GB\`` : undefined
        )
      else read.memoryBytes = size
    } else if (name === "time") {
      const time = duration(given)
      if (time === undefined)
        wrong(
          "a duration such as `2h`, `30min` or `1h30m`",
          typeof given === "number" ? `say the unit: \`${given}min\`` : undefined
        )
      else read.timeMs = time
    } else {
      const hint = suggestion(name, names, "its keys")
      tell({
        path: [name],
        message: `\`resources\` has no \`${name}\``,
        ...(hint === undefined ? {} : { hint })
      })
    }
  }
  return read
}

const describe = (value: Json): string =>
  typeof value === "object" && value !== null
    ? Array.isArray(value)
      ? "a list"
      : "a map"
    : describeScalar(value)

const memory = (value: Json): number | undefined => {
  const [, amount, unit = ""] =
    typeof value === "string" ? (/^(\d+(?:\.\d+)?) ?([kKMGT]?i?B)$/.exec(value) ?? []) : []
  const size = bytes[unit.toUpperCase()]
  return amount === undefined || size === undefined || Number(amount) <= 0
    ? undefined
    : Math.round(Number(amount) * size)
}

const duration = (value: Json): number | undefined => {
  if (typeof value !== "string" || !/^(?:\d+(?:\.\d+)? ?(?:ms|s|min|m|h|d) ?)+$/.test(value))
    return undefined
  let total = 0
  for (const [, amount, unit = ""] of value.matchAll(/(\d+(?:\.\d+)?) ?(ms|s|min|m|h|d)/g)) {
    total += Number(amount) * (milliseconds[unit] ?? 0)
  }
  return total > 0 ? Math.round(total) : undefined
}
