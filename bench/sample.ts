/**
 * Sampling as stages do it, against the engine's bare forward pass and against PyTorch's, in turns.
 *
 *     node bench/sample.ts [--widths 16,64] [--batches 1,16,64] [--rounds 5] [--turn-ms 2000] [--threads 2]
 *                          [--torch plain,tuned] [--json FILE]
 *
 * The class-conditioned U-Net for digits. _Flow_ and _DDPM_ are `sample/flow` (Euler) and `sample/ddpm` without guidance, one pass
 * a step; _estimator_ is `sample/diffusion` with DDIM; _guided_ is `sample/flow` with it, two passes in one batch. The bare pass and PyTorch's have their inputs ready, and do
 * nothing with what comes out. Needs what `bench/engine.ts` needs.
 */
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { UserError } from "../src/base/user-error.ts"
import type { CaseSpec } from "./engine/cases.ts"
import type { Entrant } from "./engine/contender.ts"
import { defaultTorchSettings, ours, torch, torchInstalled } from "./engine/entrants.ts"
import { type Race, race, type Result } from "./engine/race.ts"
import { summary } from "./engine/statistics.ts"
import { printTable, ratio } from "./support/table.ts"

const { values: options } = parseArgs({
  options: {
    widths: { type: "string", default: "16,64" },
    batches: { type: "string", default: "1,16,64" },
    rounds: { type: "string", default: "5" },
    "turn-ms": { type: "string", default: "2000" },
    threads: { type: "string", default: "2" },
    torch: { type: "string", default: defaultTorchSettings.join() },
    json: { type: "string" }
  }
})

const whole = (name: string, text: string): number => {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  throw new UserError(`--${name} is ${text}`, { hint: "Give positive whole numbers." })
}

const sampler = (name: string, method: string, guidance: number, threads: number): Entrant => ({
  ...ours(threads),
  name,
  args: [
    path.join(import.meta.dirname, "sample", "sampler-process.ts"),
    method,
    String(guidance),
    String(threads)
  ]
})

const milliseconds = ({ ms }: Result) => summary(ms).median

const row = ({ results, spec }: Race): ReadonlyArray<string> => {
  const [flow, ddpm, estimator, guided, bare, ...peers] = results.map(milliseconds) as [
    number,
    number,
    number,
    number,
    number,
    ...ReadonlyArray<number>
  ]
  const others = results.flatMap(({ othersShare }) => othersShare ?? [])
  return [
    `D = ${spec.width}, ${spec.batch}`,
    bare.toFixed(1),
    flow.toFixed(1),
    ratio(flow / bare),
    ddpm.toFixed(1),
    ratio(ddpm / bare),
    estimator.toFixed(1),
    ratio(estimator / bare),
    guided.toFixed(1),
    ratio(guided / (2 * flow)),
    ...peers.flatMap((peer) => [peer.toFixed(1), ratio(peer / flow)]),
    others.length === 0 ? "-" : `${(100 * Math.max(...others)).toFixed(0)} %`
  ]
}

const main = async (): Promise<void> => {
  const threads = whole("threads", options.threads)
  const widths = options.widths.split(",").map((width) => whole("widths", width))
  const batches = options.batches.split(",").map((batch) => whole("batches", batch))
  const settings = {
    rounds: whole("rounds", options.rounds),
    turnMs: whole("turn-ms", options["turn-ms"])
  }
  const names = options.torch !== "" && torchInstalled() ? options.torch.split(",") : []
  if (names.length === 0) console.error("measuring without PyTorch")
  const entrants = [
    sampler("flow", "flow", 1, threads),
    sampler("DDPM", "ddpm", 1, threads),
    sampler("estimator", "ddim", 1, threads),
    sampler("guided", "flow", 5, threads),
    ours(threads),
    ...names.map((name) => torch(name, threads))
  ]
  const races: Array<Race> = []
  for (const width of widths) {
    for (const batch of batches) {
      const name = `sample-d${width}-b${batch}`
      const spec: CaseSpec = { name, model: "unet", task: "forward-eval", width, batch }
      races.push(await race(spec, entrants, settings))
      console.error(`${name} is done`)
    }
  }
  printTable("Milliseconds a step of sampling; by width and batch", [
    [
      "width, batch",
      "bare pass",
      "flow",
      "/ bare",
      "DDPM",
      "/ bare",
      "estimator",
      "/ bare",
      "guided",
      "/ 2 flow",
      ...names.flatMap((name) => [`PyTorch ${name}`, "/ flow"]),
      "others"
    ],
    ...races.map(row)
  ])
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ threads, races }, undefined, 2)}\n`)
  }
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(`${error.message}${error.hint === undefined ? "" : `\n${error.hint}`}`)
  process.exitCode = error.exitCode
}
