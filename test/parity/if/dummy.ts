/**
 * Memory and time of a U-Net of DeepFloyd IF of full size, whose weights are nearly all zero: one denoising step from a folder of
 * float16 shards with holes, which take no space on the disk.
 *
 *     npm run memory:if -- [--model IF-I-M] [--images 2] [--tokens 77] [--compiled]
 *
 * The loading process is watched from here through `/proc`, so Linux only. *Private* memory is the process's own; the rest of what is
 * resident is mostly the files in the system's page cache, which the system can take back.
 */
import type { Tensor3D, Tensor4D } from "@tensorflow/tfjs"
import { spawn } from "node:child_process"
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
  writeSync
} from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { compile } from "../../../src/engine/compile.ts"
import { tf } from "../../../src/engine/tf.ts"
import { configFrom } from "../../../src/models/deepfloyd/config-file.ts"
import { decodeDeepFloydConfig } from "../../../src/models/deepfloyd/config.ts"
import { loadDeepFloydUNet } from "../../../src/models/deepfloyd/load.ts"
import { deepFloydParameters, type Shapes } from "../../../src/models/deepfloyd/parameters.ts"
import { tensorBytes } from "../../../src/safetensors/dtype.ts"
import { layOutSafetensors } from "../../../src/safetensors/encode.ts"
import { sharedFile } from "../../support/project.ts"

/** As far as diffusers' own shards go, for models of this size. */
const shardBytes = 500_000_000

const dtype = "F16"

/** Writes a diffusers folder of such tensors; returns the bytes of its weights. */
const writeFolder = (folder: string, config: unknown, shapes: Shapes): number => {
  writeFileSync(path.join(folder, "config.json"), JSON.stringify(config))
  const shards: Array<Record<string, ReadonlyArray<number>>> = [{}]
  let [inShard, total] = [0, 0]
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = tensorBytes(dtype, shape)
    if (inShard + bytes > shardBytes) {
      shards.push({})
      inShard = 0
    }
    shards.at(-1)![name] = shape
    inShard += bytes
    total += bytes
  }
  const weightMap: Record<string, string> = {}
  const digits = (number: number) => `${number}`.padStart(5, "0")
  for (const [index, shard] of shards.entries()) {
    const file = `diffusion_pytorch_model.fp16-${digits(index + 1)}-of-${digits(shards.length)}.safetensors`
    writeShard(path.join(folder, file), shard, Object.keys(weightMap).length)
    for (const name of Object.keys(shard)) weightMap[name] = file
  }
  const index = { metadata: { total_size: total }, weight_map: weightMap }
  writeFileSync(
    path.join(folder, "diffusion_pytorch_model.safetensors.index.fp16.json"),
    JSON.stringify(index)
  )
  return total
}

/** @param first number of the shard's first tensor among all */
const writeShard = (
  file: string,
  shapes: Readonly<Record<string, ReadonlyArray<number>>>,
  first: number
): void => {
  const layout = layOutSafetensors(
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { dtype, shape }]))
  )
  const descriptor = openSync(file, "w")
  writeSync(descriptor, layout.head)
  for (const [index, { begin }] of [...layout.tensors.values()].entries()) {
    // ONNX Runtime keeps one packed copy of equal weights, so each differs from the others, by small numbers.
    writeSync(descriptor, Uint16Array.of(first + index), 0, 2, begin)
  }
  ftruncateSync(descriptor, layout.fileBytes)
  closeSync(descriptor)
}

interface Job {
  readonly folder: string
  readonly images: number
  readonly tokens: number
  readonly side: number
  readonly compiled: boolean
}

interface Report {
  readonly loadMs: number
  /** The first step, with what is done once, and the best of two more. */
  readonly firstMs: number
  readonly stepMs: number
  /** MB, the highest that the system saw. */
  readonly residentMb: number
  /** MB, before any weight was touched. */
  readonly idleMb: number
}

const megabytes = (file: string, field: string): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(file, "utf8"))?.[1] ?? 0) /
  1024

/** In the process that is watched. */
const loadAndRun = ({ compiled, folder, images, side, tokens }: Job): Report => {
  tf.scalar(0).dispose()
  const idleMb = megabytes("/proc/self/status", "VmRSS")
  const begun = performance.now()
  const { config, forward, state } = loadDeepFloydUNet(folder, "fp16")
  const loadMs = performance.now() - begun
  const sample: Tensor4D = tf.ones([images, side, side, config.inChannels])
  const text: Tensor3D = tf.ones([images, tokens, config.encoderHiddenDim])
  const timesteps = tf.tensor1d([999])
  const noiseLevel = config.noiseLevel ? { noiseLevel: tf.tensor1d([250]) } : {}
  const pass = (x: Tensor4D) => forward(state, x, timesteps, text, noiseLevel)
  const run = compiled ? compile(pass) : pass
  const times = [1, 2, 3].map(() => {
    const started = performance.now()
    const output = run(sample)
    if (!output.dataSync().every(Number.isFinite)) throw new Error("a result is no number")
    output.dispose()
    return performance.now() - started
  })
  const residentMb = megabytes("/proc/self/status", "VmHWM")
  return { loadMs, firstMs: times[0]!, stepMs: Math.min(...times.slice(1)), residentMb, idleMb }
}

/** Runs the job in a process of its own and watches it. */
const watch = async (job: Job): Promise<Report & { readonly peakPrivateMb: number }> => {
  const child = spawn(process.execPath, [import.meta.filename, "--job", JSON.stringify(job)], {
    stdio: ["ignore", "pipe", "inherit"]
  })
  let peakPrivateMb = 0
  const timer = setInterval(() => {
    try {
      peakPrivateMb = Math.max(peakPrivateMb, megabytes(`/proc/${child.pid}/status`, "RssAnon"))
    } catch {
      // It has just ended.
    }
  }, 10)
  let printed = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text))
  const code = await new Promise((resolve) => {
    child.on("close", resolve)
  })
  clearInterval(timer)
  if (code !== 0) throw new Error(`the step ended with ${String(code)}`)
  return { ...(JSON.parse(printed) as Report), peakPrivateMb }
}

const measure = async (model: string, job: Omit<Job, "folder" | "side">): Promise<void> => {
  const file = sharedFile("fixtures", "if", "real-configs.json")
  if (file === undefined)
    throw new Error("the shared fixtures with the real configurations are not there")
  const { unet } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly unet: Readonly<Record<string, { readonly config: { readonly sample_size: number } }>>
  }
  const config = unet[model]?.config
  if (config === undefined) throw new Error(`known models are ${Object.keys(unet).join(", ")}`)
  const shapes = deepFloydParameters(decodeDeepFloydConfig(configFrom(config, model)))
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), "ablate-if-"))
  try {
    const bytes = writeFolder(folder, config, shapes)
    const side = config.sample_size
    const seen = await watch({ ...job, folder, side })
    const weightsMb = bytes / 2 ** 20
    const times = (mb: number) =>
      `${mb.toFixed(0)} MB, ${(mb / weightsMb).toFixed(2)} x the weights`
    const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
    console.log(
      [
        `${model}, ${job.images} images of ${side}x${side}, ${job.tokens} tokens${job.compiled ? ", compiled" : ""}`,
        `weights, float16    ${weightsMb.toFixed(0)} MB in ${Object.keys(shapes).length} tensors`,
        `load                ${seconds(seen.loadMs)}`,
        `first step          ${seconds(seen.firstMs)}`,
        `next step           ${seconds(seen.stepMs)}`,
        `peak private        ${times(seen.peakPrivateMb)}`,
        `peak resident       ${times(seen.residentMb)}`,
        `before loading      ${seen.idleMb.toFixed(0)} MB resident`
      ].join("\n")
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "IF-I-M" },
    images: { type: "string", default: "2" },
    tokens: { type: "string", default: "77" },
    compiled: { type: "boolean", default: false },
    job: { type: "string" }
  }
})
if (values.job !== undefined) {
  console.log(JSON.stringify(loadAndRun(JSON.parse(values.job) as Job)))
} else if (process.platform === "linux") {
  const [images, tokens] = [Number(values.images), Number(values.tokens)]
  await measure(values.model, { images, tokens, compiled: values.compiled })
} else {
  console.log("memory is read from /proc, which only Linux has")
}
