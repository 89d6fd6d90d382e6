/** Who takes part: this project, and PyTorch with several settings. */
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { UserError } from "../../src/base/user-error.ts"
import type { Entrant } from "./contender.ts"

export const ours = (threads: number): Entrant => ({
  name: "ours",
  command: process.execPath,
  args: [path.join(import.meta.dirname, "our-process.ts"), String(threads)],
  env: {},
  settings: {}
})

/** Debian's own Python, which has `python3-torch`; another one may come first in the path. */
const python = process.env["ABLATE_BENCH_PYTHON"] ?? "/usr/bin/python3"

/**
 * Debian's PyTorch 1.13 leaves AVX-512 unused unless it is told: its own kernels take AVX2, and OpenBLAS 0.3.21 falls back to
 * kernels of 2004 (`Prescott`) on processors younger than itself. `tuned` tells both of the processor, which is what somebody
 * who cares for speed does; `plain` leaves them as they come. In both, convolutions are oneDNN's, which sees for itself.
 */
const settings = {
  plain: { told: false, channelsLast: false },
  "plain-nhwc": { told: false, channelsLast: true },
  tuned: { told: true, channelsLast: false },
  "tuned-nhwc": { told: true, channelsLast: true }
} as const

/** @throws UserError for a setting that is not known */
export const torch = (setting: string, threads: number): Entrant => {
  const found = settings[setting as keyof typeof settings]
  if (found === undefined) {
    throw new UserError(`PyTorch has no setting ${setting} here`, {
      hint: `There are ${Object.keys(settings).join(", ")}.`
    })
  }
  const count = String(threads)
  return {
    name: `PyTorch ${setting}`,
    command: python,
    args: [path.join(import.meta.dirname, "..", "torch", "peer.py"), count],
    env: {
      OMP_NUM_THREADS: count,
      OPENBLAS_NUM_THREADS: count,
      PYTHONDONTWRITEBYTECODE: "1",
      ...(found.told ? processorFeatures() : {})
    },
    settings: { channelsLast: found.channelsLast }
  }
}

/**
 * Both in NCHW, PyTorch's own layout. NHWC was slower or equal: training at D = 16 358 against 285 ms (`plain`) and 335 against
 * 229 (`tuned`), at D = 64 2.7 against 2.4 s, forward at D = 64 490 against 497 (`plain`). `--torch tuned,tuned-nhwc` compares.
 */
export const defaultTorchSettings = ["plain", "tuned"]

export const torchInstalled = (): boolean =>
  spawnSync(python, ["-c", "import torch"], { stdio: "ignore" }).status === 0

const processorFeatures = (): Readonly<Record<string, string>> => {
  let flags = ""
  try {
    flags = readFileSync("/proc/cpuinfo", "utf8").match(/^flags\s*:(.*)$/m)?.[1] ?? ""
  } catch {
    // Not Linux: nothing to tell.
  }
  if (/\bavx512vl\b/.test(flags)) {
    return { ATEN_CPU_CAPABILITY: "avx512", OPENBLAS_CORETYPE: "SKYLAKEX" }
  }
  return /\bavx2\b/.test(flags) ? { OPENBLAS_CORETYPE: "HASWELL" } : {}
}
