/** Races as tables. */
import { milliseconds, printTable } from "../support/table.ts"
import { flopOf } from "./flop.ts"
import type { Race, Result } from "./race.ts"
import type { Roofline } from "./roofline.ts"
import { summary } from "./statistics.ts"

const ourName = "ours"

const digits = (ms: number) => ms.toFixed(ms < 100 ? 1 : 0)

const spread = (result: Result): string => {
  const { max, median, min } = summary(result.ms)
  return `${digits(median)} (${digits(min)}..${digits(max)})`
}

const peak = ({ peakMiB }: Result) => Math.max(peakMiB.setup, peakMiB.running)

const percent = (share: number) => `${(100 * share).toFixed(0)} %`

/** A share that other programs had, with a mark when it spoils the numbers. */
const flagged = (share: number) => `${percent(share)}${share > 0.1 ? " !" : ""}`

const others = (results: ReadonlyArray<Result>): string => {
  const known = results.flatMap(({ othersShare }) => othersShare ?? [])
  return known.length === 0 ? "-" : flagged(Math.max(...known))
}

/** A case in one line, for those who wait for the tables. */
export const progress = ({ results, spec }: Race): string =>
  `${spec.name}: ${results.map((result) => `${result.entrant} ${spread(result)} ms`).join(", ")}`

/** A row for each setting of PyTorch in each case. */
export const printRaces = (races: ReadonlyArray<Race>, roofline: Roofline): void => {
  const rows: Array<ReadonlyArray<string>> = [
    [
      "case",
      "PyTorch's setting",
      "PyTorch, ms",
      "ours, ms",
      "medians",
      "minima",
      "roofline",
      "PyTorch's",
      "memory, MiB",
      "PyTorch's",
      "others"
    ]
  ]
  for (const { results, spec } of races) {
    const our = results.find(({ entrant }) => entrant === ourName)
    const peers = results.filter((result) => result !== our)
    const flop = flopOf(spec)
    const share = (result: Result | undefined) => {
      if (result === undefined) return "-"
      const of = (which: "median" | "min") =>
        percent(roofline.leastMs(which, flop) / summary(result.ms)[which])
      return `${of("median")} (${of("min")})`
    }
    for (const peer of peers.length > 0 ? peers : [undefined]) {
      const both = our !== undefined && peer !== undefined
      const ratio = (of: "median" | "min") =>
        both ? (summary(our.ms)[of] / summary(peer.ms)[of]).toFixed(2) : "-"
      rows.push([
        spec.name,
        peer?.entrant.replace("PyTorch ", "") ?? "-",
        peer === undefined ? "-" : spread(peer),
        our === undefined ? "-" : spread(our),
        ratio("median"),
        ratio("min"),
        share(our),
        share(peer),
        our === undefined ? "-" : peak(our).toFixed(0),
        peer === undefined ? "-" : peak(peer).toFixed(0),
        others([our, peer].filter((result) => result !== undefined))
      ])
    }
  }
  printTable(
    "A step: median (least..most); ratios ours / PyTorch's; share of the roofline, median of median peak (best of best); peak memory of the process",
    rows
  )
}

/** What a step costs besides the work itself, where our engine tells. */
export const printCosts = (races: ReadonlyArray<Race>): void => {
  const rows = races.flatMap(({ results, spec }) =>
    results
      .filter(({ entrant }) => entrant === ourName)
      .map(({ javascriptMs, peakMiB, setup }) => [
        spec.name,
        milliseconds(setup.setupMs),
        setup.tracingMs === undefined ? "-" : milliseconds(setup.tracingMs),
        setup.sessionMs === undefined ? "-" : milliseconds(setup.sessionMs),
        javascriptMs.length === 0 ? "-" : `${summary(javascriptMs).median.toFixed(2)} ms`,
        peakMiB.setup.toFixed(0),
        peakMiB.running.toFixed(0)
      ])
  )
  if (rows.length === 0) return
  printTable("Ours: once, and JavaScript's part of each step", [
    [
      "case",
      "set up with first step",
      "tracing",
      "session",
      "JavaScript a step",
      "peak MiB, set-up",
      "later"
    ],
    ...rows
  ])
}

export const printPeaks = (roofline: Roofline): void => {
  printTable(
    `ONNX Runtime's peaks, GFLOP/s, ${roofline.threads} threads; ${
      roofline.block === 0 ? "no blocked layout" : `blocks of ${roofline.block} channels`
    }`,
    [
      ["operation", "best", "median", "others"],
      ...roofline.peaks.map(({ gflops, medianGflops, name, othersShare }) => [
        name,
        gflops.toFixed(0),
        medianGflops.toFixed(0),
        flagged(othersShare)
      ])
    ]
  )
}

/** Who took part, as they told. */
export const printEntrants = (races: ReadonlyArray<Race>): void => {
  const lines = races.flatMap(({ results }) =>
    results.map(({ entrant, setup }) => `  ${entrant}: ${setup.about}`)
  )
  console.log(`\n${[...new Set(lines)].join("\n")}`)
}
