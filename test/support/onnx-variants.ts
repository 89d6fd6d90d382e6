/** The onnx engine as it is, and with one of its parts changed: backends that compute the same in other ways. */
import { register } from "#src/engine/backend/register.ts"
import { sessionOptions } from "#src/engine/program/session-options.ts"
import { nchwcBlockSize } from "#src/engine/provider/block-size.ts"
import { library } from "./backends.ts"

const cpu = { provider: "cpu", block: nchwcBlockSize(), float16: false } as const

/** Nodes are lowered as they were recorded, with no peephole. */
export const literal = "onnx without rewrites"
/** On a CPU without blocked convolutions. */
export const unblocked = "onnx without blocks"
/** With other numbers of threads. */
export const threaded = [1, 2, 3].map((threads) => ({
  threads,
  name: `onnx on ${threads} threads`
}))
/** Lowered for WebGPU, and run on the CPU. */
export const forWebgpu = "onnx for WebGPU"

register({ target: cpu, threads: 2, name: literal, stages: [] })
register({ target: { ...cpu, block: 0 }, threads: 2, name: unblocked })
for (const { name, threads } of threaded) register({ target: cpu, threads, name })

register({
  target: { provider: "webgpu", block: 0, float16: false },
  threads: 2,
  name: forWebgpu,
  makeOptions: (folder, runs, work) => sessionOptions(cpu, 2, folder, runs, work)
})

export { cpu, library }
