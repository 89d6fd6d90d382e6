/** Processors, memory, graphics cards. */
import { execFile } from "node:child_process"
import { availableParallelism, arch, cpus, freemem, platform, release, totalmem } from "node:os"
import { promisify } from "node:util"
import { bytes, count } from "../format.ts"
import type { Finding } from "./check.ts"

export const checkMachine = async (): Promise<ReadonlyArray<Finding>> => [
  { name: "system", status: "ok", text: `${platform()} ${release()} ${arch()}` },
  {
    name: "cpu",
    status: "ok",
    text: `${count(availableParallelism(), "core")} (${cpus()[0]?.model.trim() ?? "unknown processor"})`
  },
  checkMemory(freemem(), totalmem()),
  await checkGpu()
]

/** A worker with the tensor library loaded takes about this much before it has a tensor. */
const workerBytes = 400e6

export const checkMemory = (free: number, total: number): Finding => {
  const text = `memory ${bytes(total)}, ${bytes(free)} free`
  return free >= workerBytes
    ? { name: "memory", status: "ok", text }
    : { name: "memory", status: "warning", text, hint: "close something, or run with -j 1" }
}

const checkGpu = async (): Promise<Finding> => {
  const found = await graphicsCards()
  return {
    name: "gpu",
    status: "note",
    text:
      found.length === 0
        ? "no NVIDIA GPU; this version computes on the CPU anyway"
        : `${found.join("; ")}; this version computes on the CPU`
  }
}

/** Empty where there is no driver, or where it does not answer. */
const graphicsCards = async (): Promise<ReadonlyArray<string>> => {
  try {
    const { stdout } = await promisify(execFile)(
      "nvidia-smi",
      ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"],
      { timeout: 5000 }
    )
    return stdout
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => {
        const [name, memory, driver] = line.split(", ")
        return `${name} (${memory}, driver ${driver})`
      })
  } catch {
    return []
  }
}
