/**
 * Training as stages do it, against the engine's bare step on ready batches and against PyTorch, in turns.
 *
 *     node bench/train.ts [--widths 16,32,64,128] [--batch 64] [--rounds 5] [--turn-ms 2000] [--threads 2]
 *                         [--torch plain,tuned] [--json FILE]
 *
 * The class-conditioned U-Net for digits with Adam. _Training_ is `trainEpoch`: bytes to pixels, noise and times for each image,
 * the step, its loss, and what an epoch of MNIST (60,000 images) takes beside its steps. The bare step (`engine/our-side.ts`) and
 * PyTorch's (`torch/cases.py`) are given four batches that are ready. Needs what `bench/engine.ts` needs.
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
    widths: { type: "string", default: "16,32,64,128" },
    batch: { type: "string", default: "64" },
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

const imagesAnEpoch = 60_000

const runner = (threads: number): Entrant => ({
  ...ours(threads),
  name: "training",
  args: [path.join(import.meta.dirname, "train", "runner-process.ts"), String(threads)]
})

/** Images a second by the median step, and with the share of what an epoch takes beside its steps. */
const imagesASecond = ({ ms, setup }: Result, batch: number): number => {
  const share = ((setup.epochMs ?? 0) * batch) / imagesAnEpoch
  return (1000 * batch) / (summary(ms).median + share)
}

const row = ({ results, spec }: Race): ReadonlyArray<string> => {
  const [training, bare, ...peers] = results
  const speed = (result: Result) => imagesASecond(result, spec.batch)
  const { epochMs = 0 } = training!.setup
  const epoch = (summary(training!.ms).median * imagesAnEpoch) / spec.batch
  const others = results.flatMap(({ othersShare }) => othersShare ?? [])
  return [
    `D = ${spec.width}`,
    speed(training!).toFixed(0),
    speed(bare!).toFixed(0),
    ratio(speed(training!) / speed(bare!)),
    ...peers.flatMap((peer) => [speed(peer).toFixed(0), ratio(speed(training!) / speed(peer))]),
    `${epochMs.toFixed(0)} ms`,
    `${((100 * epochMs) / epoch).toFixed(2)} %`,
    others.length === 0 ? "-" : `${(100 * Math.max(...others)).toFixed(0)} %`
  ]
}

const main = async (): Promise<void> => {
  const threads = whole("threads", options.threads)
  const batch = whole("batch", options.batch)
  const widths = options.widths.split(",").map((width) => whole("widths", width))
  const settings = {
    rounds: whole("rounds", options.rounds),
    turnMs: whole("turn-ms", options["turn-ms"])
  }
  const names = torchInstalled() ? options.torch.split(",") : []
  if (names.length === 0) console.error("PyTorch is not there: measuring without it")
  const entrants = [runner(threads), ours(threads), ...names.map((name) => torch(name, threads))]
  const races: Array<Race> = []
  for (const width of widths) {
    const spec: CaseSpec = { name: `train-d${width}`, model: "unet", task: "train", width, batch }
    races.push(await race(spec, entrants, settings))
    console.error(`D = ${width} is done`)
  }
  printTable(
    `Training, images a second at batch ${batch}; ratios above 1 mean that training is faster`,
    [
      [
        "width",
        "training",
        "bare step",
        "ratio",
        ...names.flatMap((name) => [`PyTorch ${name}`, "ratio"]),
        "an epoch beside its steps",
        "of the epoch",
        "others"
      ],
      ...races.map(row)
    ]
  )
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
