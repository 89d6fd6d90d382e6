/** What came of executing a stage again. */
import { partOf } from "../../plan/instance-name.ts"
import { number } from "../../report/value/number.ts"
import type { PortDifference, Reproduction } from "../../run/reproduce.ts"
import type { CommandContext } from "../command.ts"
import { count, duration, grouped, list } from "../format.ts"
import type { Terminal } from "../terminal.ts"
import { padEnd } from "../text.ts"

export const printReproduction = (
  { differences, failure, id, outputs, recordedSeconds, seconds, state, uses }: Reproduction,
  width: number,
  { err, out, verbose }: CommandContext
): void => {
  const { bold, cyan, dim, green, red } = out.style
  const name = padEnd(id, width)
  switch (state) {
    case "same": {
      const times = `${duration(seconds)}, recorded ${duration(recordedSeconds)}`
      out.line(`${green("✓")} ${name}  the same bits  ${dim(times)}`)
      if (verbose) {
        for (const [port, { digest, type }] of Object.entries(outputs)) {
          out.line(dim(`    ${port}  ${type}  ${digest.slice(0, 16)}`))
        }
      }
      break
    }
    case "different":
      out.line(`${red("✗")} ${bold(name)}  ${red("different")}  ${dim(uses)}`)
      for (const difference of differences) {
        for (const line of differenceLines(difference)) out.line(`    ${line}`)
      }
      break
    case "failed":
      out.line(`${red("✗")} ${bold(name)}  ${red("failed")}  ${dim(uses)}`)
      for (const line of failure?.message.split("\n") ?? []) err.line(`    ${line}`)
      if (failure?.hint !== undefined) err.line(`    ${cyan("hint:")} ${failure.hint}`)
      for (const line of failure?.lastLines ?? []) err.line(dim(`    │ ${line}`))
  }
}

const differenceLines = ({ numbers, other, port }: PortDifference): ReadonlyArray<string> => [
  ...numbers.map((difference) => {
    const {
      after,
      before,
      count: size,
      differing,
      firstIndex,
      largestAbsoluteDifference,
      name
    } = difference
    const largest = Number.isFinite(largestAbsoluteDifference)
      ? `largest difference ${number(largestAbsoluteDifference)}`
      : "some are not finite"
    return `${port}.${name}: ${grouped(differing)} of ${grouped(size)} numbers differ, ${largest}; first at [${firstIndex.join(",")}]: ${number(before)} → ${number(after)}`
  }),
  ...other.map((sentence) => `${port}: ${sentence}`)
]

export const printTotals = (reproductions: ReadonlyArray<Reproduction>, out: Terminal): void => {
  const { bold, green, red } = out.style
  const number = (state: Reproduction["state"]) =>
    reproductions.filter((reproduction) => reproduction.state === state).length
  const [different, failed] = [number("different"), number("failed")]
  out.line()
  if (different + failed === 0) {
    out.line(`${green("✓")} ${bold(stagesText(reproductions))} reproduced, bit for bit`)
    return
  }
  const parts = [
    ...(different > 0 ? [`${different} differ`] : []),
    ...(failed > 0 ? [`${failed} failed`] : [])
  ]
  out.line(`${red("✗")} ${bold(parts.join(", "))} of ${stagesText(reproductions)}`)
}

/** `5 stages`, `3 stages and 8 parts of stages` */
const stagesText = (reproductions: ReadonlyArray<Reproduction>): string => {
  const parts = reproductions.filter(({ id }) => partOf(id) !== undefined).length
  return list([
    ...(parts === reproductions.length ? [] : [count(reproductions.length - parts, "stage")]),
    ...(parts === 0 ? [] : [count(parts, "part of a stage", "parts of stages")])
  ])
}
