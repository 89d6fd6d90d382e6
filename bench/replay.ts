/**
 * Whether training here is PyTorch's training: from the same weights, on the same images, noise, times and classes, step by step.
 *
 *     node bench/replay.ts [--seed 0] [--steps 300] [--width 16] [--batch 64] [--rate 1e-3] [--threads 2]
 *
 * Flow matching with classes on MNIST, Adam with a constant rate. Two trainings whose roundings differ part in the course of time; until
 * then their losses agree to rounding errors, and afterwards their means still do. Needs what `bench/curves.ts` needs.
 */
import { spawnSync } from "node:child_process"
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { mnist } from "../src/data/known-files.ts"
import { readKnownDataset } from "../src/data/read-dataset.ts"
import { shuffled } from "../src/engine/random/shuffled.ts"
import { encodeModelFile } from "../src/models/model-file.ts"
import { freshModel } from "../src/models/model-value.ts"
import { digits } from "../src/models/unet/config.ts"
import { flowMatching } from "../src/training/objectives/flow-matching.ts"
import type { Objective } from "../src/training/objectives/objective.ts"
import { trainEpoch } from "../src/training/train-epoch.ts"
import { selectImages } from "../src/values/dataset/select.ts"
import { printTable } from "./support/table.ts"

const { values: options } = parseArgs({
  options: {
    seed: { type: "string", default: "0" },
    steps: { type: "string", default: "300" },
    width: { type: "string", default: "16" },
    batch: { type: "string", default: "64" },
    rate: { type: "string", default: "1e-3" },
    threads: { type: "string", default: "2" }
  }
})
const [seed, steps, width, batch, rate] = [
  options.seed,
  options.steps,
  options.width,
  options.batch,
  options.rate
].map(Number) as [number, number, number, number, number]
process.env["ABLATE_THREADS"] = options.threads

const folder = mkdtempSync(path.join(tmpdir(), "ablate-replay-"))
const context = { progress: () => {}, signal: new AbortController().signal }

/** The same, but all that its loss is computed of is written down. */
const written = (
  objective: Objective,
  shapes: Record<string, ReadonlyArray<number>>
): Objective => ({
  ...objective,
  inputs: (images, mode) => {
    const inputs = objective.inputs(images, mode)
    for (const [name, { shape, values }] of Object.entries(inputs)) {
      shapes[name] = shape
      appendFileSync(
        path.join(folder, name),
        Buffer.from(values.buffer, values.byteOffset, values.byteLength)
      )
    }
    return inputs
  }
})

try {
  const data = await readKnownDataset(
    mnist,
    { split: "train", range: "[0,1]" },
    { ...context, log: console.error }
  )
  const config = { ...digits, channels: width, time: "add", classes: 10 } as const
  const model = freshModel({ kind: "unet", ...config }, "[0,1]", seed)
  writeFileSync(path.join(folder, "weights.safetensors"), encodeModelFile(model))
  const shapes: Record<string, ReadonlyArray<number>> = {}
  const places = shuffled(data.shape[0], seed, "images").subarray(0, steps * batch)
  const { losses } = await trainEpoch({
    objective: written(flowMatching(model, { unconditional: 0.1 }), shapes),
    model,
    state: undefined,
    dataset: selectImages(data, places),
    settings: { epoch: 1, batchSize: batch, seed, learningRate: rate },
    context
  })
  const ours = losses.series.map(({ loss }) => Number(loss))
  writeFileSync(path.join(folder, "replay.json"), JSON.stringify({ config, steps, shapes }))
  const script = path.join(import.meta.dirname, "torch", "replay.py")
  const { status, stderr, stdout } = spawnSync(
    process.env["ABLATE_BENCH_PYTHON"] ?? "/usr/bin/python3",
    [script, folder, `${rate}`, options.threads],
    { encoding: "utf8", env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" } }
  )
  if (status !== 0) throw new Error(`PyTorch ended with ${status}:\n${stderr.slice(-2000)}`)
  const theirs = JSON.parse(stdout) as ReadonlyArray<number>
  const apart = ours.map((loss, step) => Math.abs(loss - theirs[step]!) / theirs[step]!)
  const mean = (values: ReadonlyArray<number>) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const spans = [10, 30, 100, 300].filter((last) => last <= steps)
  printTable(
    `Losses from the same weights and numbers: D = ${width}, batch ${batch}, Adam ${rate}, seed ${seed}`,
    [
      ["steps", "ours, mean", "PyTorch, mean", "largest difference of a step"],
      ...spans.map((last, index) => {
        const first = spans[index - 1] ?? 0
        const span = (values: ReadonlyArray<number>) => values.slice(first, last)
        return [
          `${first + 1} - ${last}`,
          mean(span(ours)).toFixed(6),
          mean(span(theirs)).toFixed(6),
          `${(100 * Math.max(...span(apart))).toPrecision(2)} %`
        ]
      })
    ]
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
