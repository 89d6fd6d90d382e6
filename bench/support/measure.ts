/** Runs whole programs and measures them: wall time and, for Node programs, the largest resident set. */
import { spawnSync, type SpawnSyncOptions } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"

export interface Measured {
  readonly milliseconds: number
  /** Peak resident set in MiB; only for Node programs. */
  readonly peakMiB?: number
}

const folder = mkdtempSync(path.join(tmpdir(), "ablate-bench-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
const peakFile = path.join(folder, "peak")
// `maxRSS` is in KiB. The hook runs at exit, so it costs the measured program next to nothing.
const recordPeak = `data:text/javascript,${encodeURIComponent(
  `import{writeFileSync}from"node:fs";process.on("exit",()=>writeFileSync(${JSON.stringify(peakFile)},String(process.resourceUsage().maxRSS)))`
)}`

/**
 * @throws Error when the program fails: a benchmark of a failing program means nothing
 */
export const measure = (
  command: string,
  args: ReadonlyArray<string>,
  options: SpawnSyncOptions = {}
): Measured => {
  const start = process.hrtime.bigint()
  const result = spawnSync(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] })
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
  if (result.status !== 0) {
    throw new Error(
      `${command} ${args.join(" ")} ended with ${result.status}:\n${String(result.stderr).slice(-2000)}`
    )
  }
  return { milliseconds }
}

export const measureNode = (
  args: ReadonlyArray<string>,
  options: SpawnSyncOptions = {}
): Measured => {
  const plain = measure(process.execPath, args, options)
  measure(process.execPath, ["--import", recordPeak, ...args], options)
  return { ...plain, peakMiB: Number(readFileSync(peakFile, "utf8")) / 1024 }
}

/** The smallest of several times: the one that other programs on the machine disturbed least. */
export const best = (times: number, once: () => Measured): Measured => {
  let winner = once()
  for (let turn = 1; turn < times; turn++) {
    const next = once()
    if (next.milliseconds < winner.milliseconds) winner = next
  }
  return winner
}

/** Whether a program answers to `--version`. */
export const installed = (command: string): boolean =>
  spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0
