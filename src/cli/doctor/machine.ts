/** Processors, memory, graphics cards. */
import { arch, cpus, freemem, platform, release, totalmem } from "node:os"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import { ChildProcess } from "effect/process"
import * as Stream from "effect/Stream"
import { availableCores } from "../../engine/provider/cores.ts"
import { bytes, count } from "../format.ts"
import type { Finding } from "./check.ts"

export const checkMachine = async (): Promise<ReadonlyArray<Finding>> => [
  { name: "system", status: "ok", text: `${platform()} ${release()} ${arch()}` },
  {
    name: "cpu",
    status: "ok",
    text: `${count(availableCores(), "core")} (${cpus()[0]?.model.trim() ?? "unknown processor"})`
  },
  checkMemory(freemem(), totalmem()),
  await checkGpu()
]

/** A worker with the tensor library loaded takes about this much before it has a tensor. */
const workerBytes = 400e6

const checkMemory = (free: number, total: number): Finding => {
  const text = `memory ${bytes(total)}, ${bytes(free)} free`
  return free >= workerBytes
    ? { name: "memory", status: "ok", text }
    : { name: "memory", status: "warning", text, hint: "close something, or run with -j 1" }
}

const checkGpu = async (): Promise<Finding> => {
  const found = await Effect.runPromise(graphicsCards)
  return {
    name: "gpu",
    status: "note",
    text: found.length === 0 ? "no NVIDIA GPU, or no nvidia-smi that could tell" : found.join("; ")
  }
}

const query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]

/** Empty where there is no driver, or where it does not answer: the program of a broken one may hang, and ends with the scope. */
const graphicsCards: Effect.Effect<ReadonlyArray<string>> = Effect.gen(function* () {
  const process = yield* ChildProcess.make("nvidia-smi", query)
  const text = yield* process.stdout.pipe(Stream.decodeText(), Stream.mkString)
  if ((yield* process.exitCode) !== 0) return []
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [name, memory, driver] = line.split(", ")
      return `${name} (${memory}, driver ${driver})`
    })
}).pipe(
  Effect.scoped,
  Effect.timeout("5 seconds"),
  Effect.orElseSucceed(() => []),
  Effect.provide(NodeServices.layer)
)
