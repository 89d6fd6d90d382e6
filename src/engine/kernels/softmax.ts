/** Softmax over the last axis. */
import { type Composite, type Kernel, type Primitive } from "./kernel.ts"
import { normalAxis } from "./shape.ts"

const expectLastAxis = (axis: unknown, rank: number): void => {
  if (normalAxis((axis as number | undefined) ?? -1, rank) === rank - 1) return
  throw new Error(
    "Softmax along a non-last dimension is not yet supported. " +
      `Logits was rank ${rank} and dim was ${String(axis)}`
  )
}

const softmax: Primitive = {
  name: "Softmax",
  inputs: ["logits"],
  infer: ([logits], { dim }) => {
    expectLastAxis(dim, logits!.shape.length)
    return [{ shape: logits!.shape, dtype: "float32" }]
  },
  lower: ({ inputs: [logits], outputs: [output] }, lowering) => {
    if (output!.size === 0) return lowering.defineUniform(output!, 0)
    const { onnx } = lowering
    const { shape } = output!
    const name = lowering.plain(logits!)
    const of = (x: string) => onnx.node("Softmax", [x], { axis: -1 })
    const result = shape.length > 0 ? of(name) : onnx.reshape(of(onnx.reshape(name, [1])), [])
    lowering.define(output!, "plain", result)
  }
}

/** From primitives: ONNX's own is missing on some providers. */
const logSoftmax: Composite = {
  name: "LogSoftmax",
  inputs: ["logits"],
  expand: (recorder, [logits], { axis }) => {
    const rank = logits!.shape.length
    expectLastAxis(axis, rank)
    const last = rank - 1
    const max = recorder.one("Max", [logits!], { reductionIndices: [last], keepDims: true })
    const shifted = recorder.one("Sub", [logits!, max])
    const exponentials = recorder.one("Exp", [shifted])
    const sum = recorder.one("Sum", [exponentials], { axis: [last], keepDims: true })
    return [recorder.one("Sub", [shifted, recorder.one("Log", [sum])])]
  }
}

export const softmaxKernels: ReadonlyArray<Kernel> = [softmax, logSoftmax]
