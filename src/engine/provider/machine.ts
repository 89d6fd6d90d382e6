/**
 * What can be seen of a machine without loading anything: enough to rule engines out, and to know that what was found out
 * about the others still holds. Asked on every start, so it reads a few small files only.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs"
import { findPackageJSON } from "node:module"
import { cpus } from "node:os"
import { dirname, join } from "node:path"
import { type Digest, digestOf } from "../../base/digest.ts"
import { canonicalJson } from "../../base/json.ts"
import { findTensorflow } from "../tensorflow/find.ts"
import { deviceEnvironment, deviceVariables } from "./device-environment.ts"

export interface Machine {
  readonly platform: NodeJS.Platform
  readonly arch: string
  /** What tells processors with different instructions apart. */
  readonly processor: string
  /** Linux: files of graphics devices, `/dev/dri/renderD128`, `/dev/nvidia0`, `/dev/dxg` (in WSL). */
  readonly devices: ReadonlyArray<string>
  /** The version of NVIDIA's kernel module. */
  readonly nvidia?: string
  /** Linux: files that name a Vulkan driver each. */
  readonly vulkanDrivers: ReadonlyArray<string>
  readonly onnxruntime?: {
    readonly version: string
    /** Whether the library for CUDA was installed into the package. */
    readonly cudaLibrary: boolean
  }
  readonly tensorflow?: { readonly name: string; readonly version: string }
  /** Variables that choose devices and drivers. */
  readonly environment: Readonly<Record<string, string>>
}

let seen: Machine | undefined

/** This machine, looked at once a process. */
export const thisMachine = (): Machine => (seen ??= lookAtMachine())

/** Raised when the probes look at something else, or keep it in another form. */
const probeVersion = "1"

/** Names what was found out on this machine: when anything of it changes, it is found out anew. */
export const machineKey = (machine: Machine): Digest =>
  digestOf("machine", [probeVersion, canonicalJson(machine)])

const lookAtMachine = (): Machine => {
  const { arch, env, platform } = process
  const onnxruntime = lookAtOnnxruntime()
  const nvidia = nvidiaDriver()
  const tensorflow = findTensorflow()
  const linux = platform === "linux"
  const environment = deviceEnvironment(env)
  return {
    platform,
    arch,
    processor: processor(),
    devices: linux ? graphicsDevices() : [],
    vulkanDrivers: linux ? vulkanFolders.flatMap(filesIn) : [],
    environment: Object.fromEntries(
      [...deviceVariables, "LD_LIBRARY_PATH"].flatMap((name) => {
        const value = environment[name]
        return value === undefined ? [] : [[name, value]]
      })
    ),
    ...(onnxruntime === undefined ? {} : { onnxruntime }),
    ...(nvidia === undefined ? {} : { nvidia }),
    ...(tensorflow === undefined
      ? {}
      : { tensorflow: { name: tensorflow.name, version: tensorflow.version } })
  }
}

const lookAtOnnxruntime = (): Machine["onnxruntime"] => {
  const manifest = findPackageJSON("onnxruntime-node", import.meta.url)
  if (manifest === undefined) return undefined
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }
  const binaries = join(dirname(manifest), "bin", "napi-v6", process.platform, process.arch)
  const library = join(binaries, "libonnxruntime_providers_cuda.so")
  return { version, cudaLibrary: existsSync(library) }
}

/** The folders where the Vulkan loader looks by default (its LoaderDriverInterface document). */
const vulkanFolders = ["/usr/share", "/usr/local/share", "/etc", "/usr/local/etc"].map(
  (folder) => `${folder}/vulkan/icd.d`
)

const filesIn = (folder: string): ReadonlyArray<string> =>
  namesIn(folder).map((name) => `${folder}/${name}`)

const namesIn = (folder: string): ReadonlyArray<string> => {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

const graphicsDevices = (): ReadonlyArray<string> => [
  ...filesIn("/dev/dri").filter((path) => /\/renderD\d+$/.test(path)),
  ...filesIn("/dev").filter((path) => /\/(?:nvidia\d+|dxg)$/.test(path))
]

const nvidiaDriver = (): string | undefined => {
  try {
    const text = readFileSync("/proc/driver/nvidia/version", "utf8")
    return /\s(\d+(?:\.\d+)+)\s/.exec(text)?.[1]
  } catch {
    return undefined
  }
}

/**
 * Model and instruction set. Virtual machines hide instructions while they keep the model's name, so the list of these
 * counts, where the system gives it.
 */
const processor = (): string => {
  const lines = firstProcessor()
    .split("\n")
    .filter((line) => /^(?:vendor_id|cpu family|model|stepping|flags|CPU |Features)/.test(line))
    .map((line) => line.replace(/\s*:\s*/, ": "))
  return lines.length > 0 ? lines.join("; ") : (cpus()[0]?.model ?? "unknown")
}

/** The kernel writes that file while it is read, some 1500 bytes a processor: one read is enough. */
const firstProcessor = (): string => {
  let file: number
  try {
    file = openSync("/proc/cpuinfo", "r")
  } catch {
    return ""
  }
  try {
    const bytes = Buffer.alloc(8192)
    const text = bytes.toString("utf8", 0, readSync(file, bytes))
    return text.split("\n\n")[0] ?? ""
  } finally {
    closeSync(file)
  }
}
