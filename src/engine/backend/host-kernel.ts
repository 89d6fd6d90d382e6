/** Kernels that are computed on the host: by tfjs's own cpu backend, which only sees copies of the tensors. */
import type { KernelBackend, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs"
import { tfjs } from "../tfjs.ts"
import { type OnnxBackend } from "./onnx-backend.ts"

type Inputs = NamedTensorInfoMap | ReadonlyArray<TensorInfo>

/** What the functions of tfjs's cpu backend are that its type does not promise. */
interface CpuBackend extends KernelBackend {
  makeTensorInfo(shape: ReadonlyArray<number>, dtype: string, values: unknown): TensorInfo
}

/** Whether a kernel is to work on strings: they never reach ONNX Runtime. */
export const isOfStrings = (inputs: Inputs, { dtype }: NamedAttrMap): boolean =>
  dtype === "string" || tensorsOf(inputs).some((tensor) => tensor.dtype === "string")

/**
 * Computes a kernel at once.
 *
 * @throws TraceError within a trace, when an input depends on the arguments
 * @throws Error when tfjs's cpu backend has no such kernel
 */
export const runOnHost = (
  name: string,
  backend: OnnxBackend,
  inputs: Inputs,
  attrs: NamedAttrMap
): TensorInfo | Array<TensorInfo> => {
  const tf = tfjs()
  const kernel = tf.getKernel(name, "cpu")
  if (kernel === undefined) throw new Error(`kernel ${name} is not implemented for strings`)
  const cpu = tf.findBackend("cpu") as CpuBackend
  // Else its first tensor prints an advertisement for another backend.
  Reflect.set(cpu, "firstUse", false)
  const used = new Set<TensorInfo["dataId"]>()
  const lend = ({ dataId, dtype, shape }: TensorInfo): TensorInfo => {
    const lent = cpu.makeTensorInfo(shape, dtype, backend.readSync(dataId))
    used.add(lent.dataId)
    return lent
  }
  const take = ({ dataId, dtype, shape }: TensorInfo): TensorInfo => {
    used.add(dataId)
    return { dataId: backend.write(cpu.readSync(dataId), shape, dtype), shape, dtype }
  }
  try {
    const results = kernel.kernelFunc({
      inputs: mapTensors(inputs, lend) as NamedTensorInfoMap,
      attrs,
      backend: cpu
    })
    return Array.isArray(results) ? results.map(take) : take(results)
  } finally {
    for (const dataId of used) cpu.disposeData(dataId, true)
  }
}

/** All tensors; where a kernel takes a list, a name stands for an array of them. */
const tensorsOf = (inputs: Inputs): ReadonlyArray<TensorInfo> =>
  (
    Object.values(inputs) as ReadonlyArray<
      TensorInfo | ReadonlyArray<TensorInfo> | null | undefined
    >
  ).flatMap((input) => input ?? [])

const mapTensors = (inputs: Inputs, change: (tensor: TensorInfo) => TensorInfo): unknown => {
  if (Array.isArray(inputs)) return (inputs as ReadonlyArray<TensorInfo>).map(change)
  return Object.fromEntries(
    Object.entries(inputs as NamedTensorInfoMap).map(([name, input]) => {
      if (input === undefined || input === null) return [name, input]
      return [name, Array.isArray(input) ? mapTensors(input, change) : change(input)]
    })
  )
}
