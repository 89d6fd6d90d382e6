/** Finds out whether an engine can be used, by trying it in a process of its own. */
import { fileURLToPath } from "node:url"
import { howToInstall } from "../tensorflow/find.ts"
import { deviceEnvironment } from "./device-environment.ts"
import type { TriedEngine } from "./engine.ts"
import type { Finding } from "./finding.ts"
import { webgpuOnLinux } from "./rule-out.ts"

/** This module is `.ts` in a checkout and `.js` in an installed package; the probe's is then the same. */
const probeModule = new URL(
  import.meta.url.endsWith(".js") ? "./probe-process.js" : "./probe-process.ts",
  import.meta.url
)

export interface ProbeOptions {
  /** Where the probe finds devices and drivers, as a worker would. */
  readonly env?: NodeJS.ProcessEnv
  /** The first use of a GPU may compile kernels for it, so by default two minutes. */
  readonly patienceMs?: number
  /** Only tests try another module than the real one. */
  readonly module?: URL
}

/** Waits for the answer: some 200 ms on the CPU, a second or more on a GPU. */
export const probeEngine = (
  name: TriedEngine,
  { env = process.env, module = probeModule, patienceMs = 120_000 }: ProbeOptions = {}
): Finding => {
  // Loaded here: most starts find the answer in a cache.
  const { spawnSync } = process.getBuiltinModule("node:child_process")
  const { error, output, signal, status } = spawnSync(
    process.execPath,
    [fileURLToPath(module), name],
    {
      env: { ...deviceEnvironment(env) },
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      encoding: "utf8",
      timeout: patienceMs,
      killSignal: "SIGKILL"
    }
  )
  const [, , said, answer] = output ?? []
  const words = said ?? ""
  if (answer !== null && answer !== undefined && answer !== "") {
    const finding = JSON.parse(answer) as Finding
    if (finding.usable) return finding
    return { usable: false, ...reasonOf(name, `${words}\n${finding.why}`, finding.why) }
  }
  const end = isTimeout(error)
    ? `it gave no answer within ${patienceMs / 1000} seconds`
    : `trying it ended the process (${signal ?? `exit code ${status}`})`
  return { usable: false, ...reasonOf(name, words, withLastLine(end, words)) }
}

const isTimeout = (error: Error | undefined): boolean =>
  error !== undefined && (error as NodeJS.ErrnoException).code === "ETIMEDOUT"

const withLastLine = (end: string, said: string): string => {
  const last = said.trim().split("\n").at(-1) ?? ""
  return last === "" ? end : `${end}: ${last}`
}

/**
 * @param said all that the libraries and the error said
 * @param message the error's own words, for what is not known here
 */
export const reasonOf = (
  name: TriedEngine,
  said: string,
  message: string
): { readonly why: string; readonly how?: string } => {
  const missing = /([\w+-]+\.so[.\d]*): cannot open shared object file/.exec(said)?.[1]
  if (name === "webgpu" && missing?.startsWith("libvulkan")) {
    return { why: `the Vulkan loader (${missing}) is not installed`, how: webgpuOnLinux }
  }
  if (name === "webgpu" && said.includes("No supported adapters")) {
    return { why: "no graphics driver was found that it could use", how: webgpuOnLinux }
  }
  if (/executionProviders\[\d\] is unsupported/.test(message)) {
    return { why: "ONNX Runtime's package for this system does not have it" }
  }
  if (missing !== undefined) {
    return {
      why: `the library ${missing} is not installed`,
      how: "install it, or name its folder in LD_LIBRARY_PATH; docs/gpu.md"
    }
  }
  if (said.includes("libcuda") || said.includes("CUDA driver version is insufficient")) {
    return { why: lastPart(message), how: "update NVIDIA's driver; docs/gpu.md" }
  }
  return name === "tensorflow"
    ? { why: lastPart(message), how: howToInstall }
    : { why: lastPart(message) }
}

/** ONNX Runtime begins with the places in its source that a message went through. */
const lastPart = (message: string): string => {
  const line = message.trim().split("\n")[0] ?? ""
  return line.includes("onnxruntime_src")
    ? (line.split(/was false\. |: (?=[A-Z])/).at(-1) ?? line)
    : line
}
