/** The width of ONNX Runtime's blocked layout of channels on this CPU. */
import { GraphBuilder } from "../onnx/graph-builder.ts"
import { createSession, ortTensor } from "../onnx/session.ts"

let known: number | undefined

/**
 * Channels in a block of the layout `[N, C/block, H, W, block]` of the `com.microsoft.nchwc` operators: 8 with AVX2, 16
 * with AVX-512; 0 where there is no such layout. Loads ONNX Runtime and takes some milliseconds, once a process.
 */
export const nchwcBlockSize = (): number => (known ??= measure())

/** Four channels are padded to a full block, so the second dimension of the result is the block. */
const measure = (): number => {
  const graph = new GraphBuilder()
  const x = graph.input("float32", [1, 4, 1, 1])
  const blocked = graph.node("ReorderInput", [x], {}, { domain: "com.microsoft.nchwc" })
  graph.output(graph.node("Shape", [blocked]), "int64", [4])
  // Outside of what is caught: that ONNX Runtime cannot be loaded is another problem.
  const input = ortTensor("float32", new Float32Array(4), [1, 4, 1, 1])
  try {
    const session = createSession(graph.encode(), {
      executionProviders: ["cpu"],
      intraOpNumThreads: 1,
      // Errors would be printed where there is no such operator.
      logSeverityLevel: 4
    })
    const results = Object.values(session.run({ [x]: input }))
    session.dispose()
    return Number((results[0]!.data as BigInt64Array)[1])
  } catch {
    return 0
  }
}
