/**
 * Whether training here learns as in PyTorch: the same configuration over several seeds on either side, and the means of the last
 * losses within two standard errors of each other.
 *
 *     node bench/curves.ts [--task flow|denoise] [--seeds 5] [--first-seed 0] [--steps 300] [--last 50] [--width 16] [--batch 64] [--rate 1e-3] [--threads 2] [--json FILE]
 *
 * The class-conditioned U-Net on MNIST by flow matching, classes dropped with probability 0.1; or the unconditional one, which takes
 * noise of σ = 0.5 off in one step. Adam with a constant rate. Each
 * seed draws its own images, weights, noise and times; the two sides share the data and nothing else. The exit code is 1 when
 * they differ. Needs MNIST where `dataset/mnist` finds it, and Debian's `python3-torch`.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { mnist } from "../src/data/known-files.ts"
import { readKnownDataset } from "../src/data/read-dataset.ts"
import { shuffled } from "../src/engine/random/shuffled.ts"
import { freshModel } from "../src/models/model-value.ts"
import { digits } from "../src/models/unet/config.ts"
import { denoise } from "../src/training/objectives/denoise.ts"
import { flowMatching } from "../src/training/objectives/flow-matching.ts"
import { trainEpoch } from "../src/training/train-epoch.ts"
import { selectImages } from "../src/values/dataset/select.ts"
import type { Dataset } from "../src/values/values.ts"
import { printTable } from "./support/table.ts"

const { values: options } = parseArgs({
  options: {
    task: { type: "string", default: "flow" },
    seeds: { type: "string", default: "5" },
    "first-seed": { type: "string", default: "0" },
    steps: { type: "string", default: "300" },
    last: { type: "string", default: "50" },
    width: { type: "string", default: "16" },
    batch: { type: "string", default: "64" },
    rate: { type: "string", default: "1e-3" },
    threads: { type: "string", default: "2" },
    json: { type: "string" }
  }
})
const [seeds, steps, last, width, batch, rate, threads] = [
  options.seeds,
  options.steps,
  options.last,
  options.width,
  options.batch,
  options.rate,
  options.threads
].map(Number) as [number, number, number, number, number, number, number]
const unconditional = 0.1
const denoising = options.task === "denoise"
const firstSeed = Number(options["first-seed"])
const tried = Array.from({ length: seeds }, (_, index) => firstSeed + index)
process.env["ABLATE_THREADS"] = `${threads}`

const context = { progress: () => {}, signal: new AbortController().signal }

const trainHere = async (data: Dataset, seed: number): Promise<ReadonlyArray<number>> => {
  const { imageChannels, imageSize } = digits
  const network = { kind: "unet", channels: width, imageSize, imageChannels } as const
  const model = freshModel(
    denoising ? { ...network, time: "none", classes: 0 } : { ...network, time: "add", classes: 10 },
    "[0,1]",
    seed
  )
  const places = shuffled(data.shape[0], seed, "images").subarray(0, steps * batch)
  const { losses } = await trainEpoch({
    objective: denoising
      ? denoise(model, { from: "image", sigma: 0.5 })
      : flowMatching(model, { unconditional }),
    model,
    state: undefined,
    dataset: selectImages(data, places),
    settings: { epoch: 1, batchSize: batch, seed, learningRate: rate },
    context
  })
  return losses.series.map(({ loss }) => Number(loss))
}

const folder = mkdtempSync(path.join(tmpdir(), "ablate-curves-"))
const [imagesFile, labelsFile] = ["images", "labels"].map((name) => path.join(folder, name))

const trainInTorch = (seed: number): ReadonlyArray<number> => {
  const script = path.join(import.meta.dirname, "torch", "curves.py")
  const numbers = [seed, width, batch, steps, rate, unconditional, threads]
  const { status, stderr, stdout } = spawnSync(
    process.env["ABLATE_BENCH_PYTHON"] ?? "/usr/bin/python3",
    [script, denoising ? "denoise" : "flow", imagesFile!, labelsFile!, ...numbers.map(String)],
    { encoding: "utf8", env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } }
  )
  if (status !== 0) throw new Error(`PyTorch ended with ${status}:\n${stderr.slice(-2000)}`)
  return JSON.parse(stdout) as ReadonlyArray<number>
}

const mean = (values: ReadonlyArray<number>) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

interface Side {
  readonly curves: ReadonlyArray<ReadonlyArray<number>>
  readonly means: ReadonlyArray<number>
  readonly mean: number
  /** Of the mean over the seeds. */
  readonly error: number
}

const sideOf = (curves: ReadonlyArray<ReadonlyArray<number>>): Side => {
  const means = curves.map((losses) => mean(losses.slice(-last)))
  const centre = mean(means)
  const squares = means.reduce((sum, value) => sum + (value - centre) ** 2, 0)
  return {
    curves,
    means,
    mean: centre,
    error: Math.sqrt(squares / (means.length - 1) / means.length)
  }
}

try {
  const data = await readKnownDataset(
    mnist,
    { split: "train", range: "[0,1]" },
    { ...context, log: console.error }
  )
  writeFileSync(imagesFile!, data.data)
  writeFileSync(labelsFile!, Uint8Array.from(data.labels!))
  const [here, there]: [Array<ReadonlyArray<number>>, Array<ReadonlyArray<number>>] = [[], []]
  for (const seed of tried) {
    here.push(await trainHere(data, seed))
    there.push(trainInTorch(seed))
    console.error(`seed ${seed} is done`)
  }
  const [ours, theirs] = [sideOf(here), sideOf(there)]
  const difference = ours.mean - theirs.mean
  const error = Math.hypot(ours.error, theirs.error)
  const agrees = Math.abs(difference) <= 2 * error
  const number = (value: number) => value.toFixed(5)
  const row = (name: string, { error, mean, means }: Side) => [
    name,
    number(mean),
    number(error),
    ...means.map(number)
  ]
  printTable(
    `The mean of the last ${last} of ${steps} losses, ${options.task}: D = ${width}, batch ${batch}, Adam ${rate}`,
    [
      ["", "mean", "error", ...tried.map((seed) => `seed ${seed}`)],
      row("ours", ours),
      row("PyTorch", theirs)
    ]
  )
  console.log(
    `\nThe means differ by ${number(difference)}, ${(Math.abs(difference) / error).toFixed(2)} standard errors: ${agrees ? "they agree" : "they do not agree"}.`
  )
  if (options.json !== undefined) {
    const settings = {
      task: options.task,
      seeds: tried,
      steps,
      last,
      width,
      batch,
      rate,
      unconditional
    }
    writeFileSync(options.json, `${JSON.stringify({ settings, ours, theirs }, undefined, 2)}\n`)
  }
  process.exitCode = agrees ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
