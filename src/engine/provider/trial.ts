/** A tiny model that is run on an execution provider to see whether it computes, and computes right. */
import { GraphBuilder } from "../onnx/graph-builder.ts"
import { createSession, ortTensor, type Session, type SessionOptions } from "../onnx/session.ts"
import { type OnnxEngine, providerNames } from "./engine.ts"

/** One image of 4x4 numbers, `[N,C,H,W]`, small enough to be exact in float16. */
const image = Float32Array.from({ length: 16 }, (_, index) => ((index * 3) % 7) - 2)

/**
 * A convolution and a matrix product: operations for which CUDA loads cuDNN and cuBLAS.
 * y = relu(conv(x, 3x3 ones)) as `[2,2]`, times [[1,-1],[2,1]].
 */
const trialModel = (): Uint8Array => {
  const graph = new GraphBuilder()
  const x = graph.input("float32", [1, 1, 4, 4])
  const ones = graph.constant("float32", [1, 1, 3, 3], new Float32Array(9).fill(1))
  const sums = graph.node("Relu", [graph.node("Conv", [x, ones], { kernel_shape: [3, 3] })])
  const weights = graph.constant("float32", [2, 2], Float32Array.of(1, -1, 2, 1))
  const y = graph.node("MatMul", [graph.reshape(sums, [2, 2]), weights])
  graph.output(y, "float32", [2, 2])
  return graph.encode()
}

/** What the model gives, computed here. */
export const expectedResult = (): ReadonlyArray<number> => {
  const sum = (row: number, column: number) => {
    let total = 0
    for (let r = row; r < row + 3; r++) {
      for (let c = column; c < column + 3; c++) total += image[r * 4 + c]!
    }
    return Math.max(total, 0)
  }
  const rows = [0, 1].map((row) => [sum(row, 0), sum(row, 1)] as const)
  return rows.flatMap(([a, b]) => [a + 2 * b, b - a])
}

/**
 * Runs the model with nothing left to the CPU (unless it is the CPU that is tried).
 *
 * @returns the session, still open, so that its driver and devices can be looked at
 * @throws Error when the provider is not there, cannot run the model, or computes something else
 */
export const runTrial = (engine: OnnxEngine): Session => {
  const options: SessionOptions = {
    executionProviders: [providerNames[engine]],
    ...(engine === "cpu"
      ? { intraOpNumThreads: 1 }
      : { extra: { session: { disable_cpu_ep_fallback: "1" } } })
  }
  const session = createSession(trialModel(), options)
  const results = Object.values(session.run({ in0: ortTensor("float32", image, [1, 1, 4, 4]) }))
  const [computed, expected] = [[...(results[0]!.data as Float32Array)], expectedResult()]
  if (computed.some((value, index) => value !== expected[index])) {
    throw new Error(`it computes wrong numbers: ${computed.join(", ")} for ${expected.join(", ")}`)
  }
  return session
}
