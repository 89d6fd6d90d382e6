/** A side of the race that is ours: answers lines of JSON as `bench/torch/peer.py` does. */
import { readFileSync, writeFileSync, writeSync } from "node:fs"
import { createInterface } from "node:readline"
import type { CaseSpec } from "./cases.ts"
import type { Setup, Steps } from "./contender.ts"

type Request =
  | ({ readonly do: "prepare" } & Omit<CaseSpec, "name">)
  | { readonly do: "step"; readonly count: number }
  | { readonly do: "memory"; readonly reset: boolean }
  | { readonly do: "quit" }

export interface Served {
  readonly prepare: (spec: Omit<CaseSpec, "name">) => Promise<Setup>
  readonly steps: (count: number) => Promise<Steps>
}

/** Until it is asked to quit, or nobody is left to ask. */
export const serve = async ({ prepare, steps }: Served): Promise<void> => {
  const answer = async (request: Request): Promise<object> => {
    if (request.do === "prepare") return prepare(request)
    if (request.do === "step") return steps(request.count)
    if (request.do === "memory") return { peakMiB: peakMiB(request.reset) }
    throw new Error(`unknown request ${JSON.stringify(request)}`)
  }
  // What libraries print must not end up between the answers.
  process.stdout.write = process.stderr.write.bind(process.stderr)
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request
    if (request.do === "quit") break
    const answered = await answer(request).catch((error: unknown) => ({
      error: error instanceof Error ? (error.stack ?? error.message) : String(error)
    }))
    writeSync(1, `${JSON.stringify(answered)}\n`)
  }
}

/** The largest resident set since the start or the last reset (Linux), else since the start. */
const peakMiB = (reset: boolean): number => {
  let status: string
  try {
    status = readFileSync("/proc/self/status", "utf8")
  } catch {
    return process.resourceUsage().maxRSS / 1024
  }
  if (reset) writeFileSync("/proc/self/clear_refs", "5")
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) / 1024
}
