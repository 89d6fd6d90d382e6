import { type Lowering } from "./lowering.ts"

/** Where a float32 tensor is not a number. WebGPU lacks the operator. */
export const isNaN = ({ onnx, target }: Lowering, name: string): string =>
  target.provider === "webgpu"
    ? onnx.node("Not", [onnx.node("Equal", [name, name])])
    : onnx.node("IsNaN", [name])
