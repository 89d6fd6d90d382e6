/**
 * The engine against PyTorch, in turns, and against what the machine can do.
 *
 *     node bench/engine.ts [--cases train-d64,forward-d16 | --all] [--rounds 5] [--turn-ms 700] [--threads 2]
 *                          [--torch plain,tuned] [--only ours|torch] [--json FILE]
 *
 * Needs Debian's `python3-torch` and `libopenblas0-pthread` (or another Python with PyTorch in `ABLATE_BENCH_PYTHON`). The
 * default takes a few minutes, `--all` about an hour. What each side does in a step: `bench/torch/cases.py` and
 * `bench/engine/our-side.ts`; both get two threads and a process of their own for each case.
 */
import { writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { UserError } from "../src/base/user-error.ts"
import { allCases, casesNamed } from "./engine/cases.ts"
import type { Entrant } from "./engine/contender.ts"
import { defaultTorchSettings, ours, torch, torchInstalled } from "./engine/entrants.ts"
import { flopOf } from "./engine/flop.ts"
import { type Race, race } from "./engine/race.ts"
import { printCosts, printEntrants, printPeaks, printRaces, progress } from "./engine/report.ts"
import { Roofline } from "./engine/roofline.ts"

const { values: options } = parseArgs({
  options: {
    cases: { type: "string" },
    all: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    "turn-ms": { type: "string", default: "700" },
    threads: { type: "string", default: "2" },
    torch: { type: "string", default: defaultTorchSettings.join() },
    only: { type: "string" },
    json: { type: "string" }
  }
})

const whole = (name: "rounds" | "turn-ms" | "threads"): number => {
  const value = Number(options[name])
  if (Number.isInteger(value) && value > 0) return value
  throw new UserError(`--${name} is ${options[name]}`, { hint: "Give a positive whole number." })
}

const entrantsFor = (threads: number): ReadonlyArray<Entrant> => {
  const { only } = options
  if (only !== undefined && only !== "ours" && only !== "torch") {
    throw new UserError(`--only is ${only}`, { hint: "Give `ours` or `torch`." })
  }
  if (only !== "ours" && !torchInstalled()) {
    throw new UserError("PyTorch is not there", {
      hint: "Run `apt-get install python3-torch libopenblas0-pthread`, or measure `--only ours`."
    })
  }
  return [
    ...(only === "torch" ? [] : [ours(threads)]),
    ...(only === "ours" ? [] : options.torch.split(",").map((name) => torch(name, threads)))
  ]
}

const main = async (): Promise<void> => {
  const threads = whole("threads")
  const specs = options.all ? allCases : casesNamed(options.cases?.split(","))
  const entrants = entrantsFor(threads)
  const settings = { rounds: whole("rounds"), turnMs: whole("turn-ms") }
  const roofline = new Roofline(threads)
  const races: Array<Race> = []
  const failures: Array<string> = []
  for (const spec of specs) {
    // Between the cases, so that the peaks are those of the same minutes.
    roofline.measure()
    try {
      const finished = await race(spec, entrants, settings)
      console.error(`${specs.indexOf(spec) + 1} of ${specs.length}, ${progress(finished)}`)
      races.push(finished)
    } catch (error) {
      // The other cases are still worth their minutes; the failure is told at the end, where it is seen.
      failures.push(`${spec.name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  roofline.measure()
  console.log(`${cpus()[0]?.model ?? "unknown processor"}, ${threads} threads a side`)
  printEntrants(races)
  printPeaks(roofline)
  printRaces(races, roofline)
  printCosts(races)
  if (options.json !== undefined) {
    const { peaks } = roofline
    const flop = Object.fromEntries(specs.map((spec) => [spec.name, flopOf(spec)]))
    writeFileSync(
      options.json,
      `${JSON.stringify({ threads, peaks, flop, races }, undefined, 2)}\n`
    )
  }
  if (failures.length > 0) {
    console.error(`\nFailed:\n${failures.join("\n")}`)
    process.exitCode = 1
  }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(`${error.message}${error.hint === undefined ? "" : `\n${error.hint}`}`)
  process.exitCode = error.exitCode
}
