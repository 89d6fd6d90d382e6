/** Our side as a process that speaks the same lines of JSON as `bench/torch/peer.py`. `node our-process.ts THREADS`. */
import { readFileSync, writeFileSync, writeSync } from "node:fs"
import { createInterface } from "node:readline"
import type { CaseSpec } from "./cases.ts"
import type { Setup, Steps } from "./contender.ts"
import { type OurCase, prepareOurs } from "./our-side.ts"

type Request =
  | ({ readonly do: "prepare" } & Omit<CaseSpec, "name">)
  | { readonly do: "step"; readonly count: number }
  | { readonly do: "memory"; readonly reset: boolean }
  | { readonly do: "quit" }

const threads = Number(process.argv[2])
let current: OurCase | undefined

const prepared = (): OurCase => {
  if (current === undefined) throw new Error("nothing was prepared")
  return current
}

/** Makes the network and does its first step, which is when an engine that records lazily traces and starts its session. */
const prepare = async (spec: Omit<CaseSpec, "name">): Promise<Setup> => {
  const start = performance.now()
  current = await prepareOurs({ name: `${spec.model} ${spec.task}`, ...spec }, threads)
  await current.step()
  const setupMs = performance.now() - start
  return { parameters: current.parameters, about: current.about, setupMs, ...current.costs() }
}

const steps = async (count: number): Promise<Steps> => {
  const { step } = prepared()
  const ms: Array<number> = []
  const javascriptMs: Array<number> = []
  let value = Number.NaN
  for (let turn = 0; turn < count; turn++) {
    const start = performance.now()
    const result = await step()
    ms.push(performance.now() - start)
    if (result.javascriptMs !== undefined) javascriptMs.push(result.javascriptMs)
    value = result.value
  }
  return { ms, value, ...(javascriptMs.length === 0 ? {} : { javascriptMs }) }
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
current?.dispose()
