/** Our side as a process that speaks the same lines of JSON as `bench/torch/peer.py`. `node our-process.ts THREADS`. */
import { type OurCase, prepareOurs } from "./our-side.ts"
import { serve } from "./serve.ts"

const threads = Number(process.argv[2])
let current: OurCase | undefined

await serve({
  /** Makes the network and does its first step, which is when an engine that records lazily traces and starts its session. */
  prepare: async (spec) => {
    const start = performance.now()
    current = await prepareOurs({ name: `${spec.model} ${spec.task}`, ...spec }, threads)
    await current.step()
    const setupMs = performance.now() - start
    return { parameters: current.parameters, about: current.about, setupMs, ...current.costs() }
  },
  steps: async (count) => {
    if (current === undefined) throw new Error("nothing was prepared")
    const ms: Array<number> = []
    const javascriptMs: Array<number> = []
    let value = Number.NaN
    for (let turn = 0; turn < count; turn++) {
      const start = performance.now()
      const result = await current.step()
      ms.push(performance.now() - start)
      if (result.javascriptMs !== undefined) javascriptMs.push(result.javascriptMs)
      value = result.value
    }
    return { ms, value, ...(javascriptMs.length === 0 ? {} : { javascriptMs }) }
  }
})
current?.dispose()
