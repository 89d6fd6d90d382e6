/** Whether an execution provider is any good at products of float16. */
import { sizeOf } from "../graph/value.ts"
import { GraphBuilder } from "../onnx/graph-builder.ts"
import { createSession, ortTensor } from "../onnx/session.ts"
import { type OnnxEngine, providerNames } from "./engine.ts"

/** Terms of each sum: as many as large models have. */
const terms = 9 * 1024
const factor = 0.7

/**
 * Whether it computes matrix products and convolutions of float16 tensors, and adds up in float32 inside of them. A device may
 * know no float16 at all; and sums of thousands of terms in float16 itself are wrong in the second digit, because
 * from 1024 on it has whole numbers only. Takes a session on the device, so ask when there is something to compute in float16.
 */
export const multipliesHalves = (engine: OnnxEngine): boolean => {
  if (engine === "cpu") return false
  const graph = new GraphBuilder()
  const half = (dims: ReadonlyArray<number>) => graph.cast(graph.input("float32", dims), "float16")
  const row = half([1, terms])
  const column = half([terms, 8])
  const image = half([1, terms / 9, 3, 3])
  const filter = half([8, terms / 9, 3, 3])
  const results = [
    { name: graph.node("MatMul", [row, column]), dims: [1, 8] },
    { name: graph.node("Conv", [image, filter], { kernel_shape: [3, 3] }), dims: [1, 8, 1, 1] }
  ].map(({ dims, name }) => {
    const single = graph.cast(name, "float32")
    graph.output(single, "float32", dims)
    return single
  })
  const feeds = graph.inputs.map(({ dims, name }, index) => {
    const values = new Float32Array(sizeOf(dims)).fill(index % 2 === 0 ? 1 : factor)
    return [name, ortTensor("float32", values, dims)] as const
  })
  try {
    const session = createSession(graph.encode(), {
      executionProviders: [providerNames[engine]],
      // What it cannot do is an answer, not an error to be printed.
      logSeverityLevel: 4,
      extra: { session: { disable_cpu_ep_fallback: "1" } }
    })
    try {
      const found = session.run(Object.fromEntries(feeds))
      return results.every((name) =>
        // The factor and the result have 11 bits each.
        (found[name]!.data as Float32Array).every(
          (value) => Math.abs(value / (terms * factor) - 1) < 2 ** -9
        )
      )
    } finally {
      session.dispose()
    }
  } catch {
    return false
  }
}
