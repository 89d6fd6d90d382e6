/** How this CPU rounds. */
import { hash } from "node:crypto"
import { GraphBuilder } from "../onnx/graph-builder.ts"
import { createSession, ortTensor } from "../onnx/session.ts"

/** Numbers of both signs and many sizes, the same everywhere: whole numbers by a fraction of two's power are exact. */
const numbers = (count: number, factor: number): Float32Array =>
  Float32Array.from({ length: count }, (_, index) => (((index * factor) % 1021) - 510) / 128)

/**
 * A digest of the bits that a few operations give on this CPU, 8 hexadecimal characters.
 *
 * ONNX Runtime picks its kernels by the instructions that the processor has, and sums in another order, or with or without
 * fused multiplication, in each. Its version and the block size do not tell all of these apart; the bits do. One thread, so
 * that the number of cores does not matter.
 */
export const cpuArithmetic = (): string => {
  const graph = new GraphBuilder()
  const [rows, inner, columns] = [9, 301, 33]
  const a = graph.input("float32", [rows, inner])
  const b = graph.constant("float32", [inner, columns], numbers(inner * columns, 379))
  const product = graph.node("MatMul", [a, b])
  const small = graph.node("Mul", [product, graph.float(1 / 64)])
  const outputs: ReadonlyArray<readonly [name: string, dims: ReadonlyArray<number>]> = [
    [product, [rows, columns]],
    ...["Exp", "Erf", "Tanh", "Sigmoid", "Softmax"].map(
      (op) => [graph.node(op, [small]), [rows, columns]] as const
    ),
    [graph.node("ReduceSum", [a, graph.ints([1])]), [rows, 1]],
    [convolution(graph, a), [1, 3, 18, 18]]
  ]
  for (const [name, dims] of outputs) graph.output(name, "float32", dims)
  const session = createSession(graph.encode(), {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
    logSeverityLevel: 4
  })
  const results = session.run({
    in0: ortTensor("float32", numbers(rows * inner, 613), [rows, inner])
  })
  const bytes = outputs.map(([name]) => {
    const { buffer, byteLength, byteOffset } = results[name]!.data as Float32Array
    return Buffer.from(buffer, byteOffset, byteLength)
  })
  session.dispose()
  return hash("sha256", Buffer.concat(bytes)).slice(0, 8)
}

/** Of the same numbers as an image: 5 channels of 20 x 20 into 3. */
const convolution = (graph: GraphBuilder, a: string): string => {
  const flat = graph.reshape(a, [-1])
  const [begin, end, axis] = [graph.ints([0]), graph.ints([2000]), graph.ints([0])]
  const image = graph.reshape(graph.node("Slice", [flat, begin, end, axis]), [1, 5, 20, 20])
  const filter = graph.constant("float32", [3, 5, 3, 3], numbers(135, 211))
  return graph.node("Conv", [image, filter], { kernel_shape: [3, 3] })
}
