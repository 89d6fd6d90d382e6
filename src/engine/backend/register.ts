/** Makes the backend `onnx` known to tfjs, with all its kernels. */
import type { KernelFunc, NamedTensorInfoMap, TensorInfo } from "@tensorflow/tfjs"
import { ComplexValue } from "../graph/complex-value.ts"
import { Recorder } from "../graph/recorder.ts"
import { type Attrs, type Value } from "../graph/value.ts"
import { expandComplex } from "../kernels/complex.ts"
import {
  type InputNames,
  type Kernel,
  type Operand,
  expandReal,
  isComplex,
  isOnHost
} from "../kernels/kernel.ts"
import { kernels, primitive } from "../kernels/table.ts"
import { type Target } from "../lowering/target.ts"
import { type Compiler } from "../program/executable.ts"
import { SessionCache } from "../program/session-cache.ts"
import { sessionOptions } from "../program/session-options.ts"
import { type Rule } from "../rewrite/rewrite.ts"
import { stages as allStages } from "../rewrite/rules.ts"
import { tfjs } from "../tfjs.ts"
import { isOfStrings, runOnHost } from "./host-kernel.ts"
import { registerGradients } from "./gradients.ts"
import { OnnxBackend } from "./onnx-backend.ts"

export interface EngineOptions {
  readonly target: Target
  /** Of one operator. */
  readonly threads: number
  /** The backend's name in tfjs; several may live beside each other. */
  readonly name?: string
  /** The peepholes, by stages. */
  readonly stages?: ReadonlyArray<ReadonlyArray<Rule>>
  /** How many sessions are kept: a training program has a few, an exploring one many small ones. */
  readonly sessionsKept?: number
  /**
   * How many kernels may wait before they are run without being asked for: a loop that reads nothing must not grow without
   * end. A training step has some hundreds.
   */
  readonly patience?: number
  /** How sessions are made, if not as suits the target. */
  readonly makeOptions?: Compiler["sessionOptions"]
}

export const backendName = "onnx"

/**
 * Registers the backend and its kernels; the caller makes it the current one.
 *
 * @returns the sessions that it will use
 */
export const register = ({
  makeOptions,
  name = backendName,
  patience = 10_000,
  sessionsKept = 128,
  stages = allStages,
  target,
  threads
}: EngineOptions): SessionCache => {
  const tf = tfjs()
  const recorder = new Recorder((op) => primitive(op).infer)
  // Sessions outlive the backend, which tfjs may reset: they hold no tensors.
  const compiler: Compiler = {
    recorder,
    primitive,
    stages,
    target,
    sessionOptions:
      makeOptions ?? ((folder, runs, work) => sessionOptions(target, threads, folder, runs, work))
  }
  const sessions = new SessionCache(compiler, sessionsKept)
  registerGradients(tf)
  tf.registerBackend(
    name,
    () =>
      new OnnxBackend(tf, compiler, sessions, patience) as unknown as ReturnType<typeof tf.backend>
  )
  for (const kernel of kernels) {
    tf.registerKernel({
      kernelName: kernel.name,
      backendName: name,
      kernelFunc: kernelFunction(kernel)
    })
  }
  return sessions
}

/** What tfjs calls for a kernel: tensors in, tensors out. */
const kernelFunction = (kernel: Kernel): KernelFunc => {
  if (isOnHost(kernel)) {
    return ({ attrs = {}, backend, inputs }) =>
      runOnHost(kernel.name, backend as unknown as OnnxBackend, inputs, attrs)
  }
  const operands = inputReader(kernel.inputs)
  const several = kernel.outputs === "list"
  const apply = (
    recorder: Recorder,
    given: ReadonlyArray<Operand | undefined>,
    attrs: Attrs
  ): ReadonlyArray<Operand> => {
    if (isComplex(kernel)) return kernel.expandComplex(recorder, given, attrs)
    return attrs["dtype"] === "complex64" || given.some((each) => each instanceof ComplexValue)
      ? expandComplex(kernel, recorder, given, attrs)
      : expandReal(kernel, recorder, given as ReadonlyArray<Value | undefined>, attrs)
  }
  return ({ attrs = {}, backend, inputs }) => {
    const own = backend as unknown as OnnxBackend
    if (isOfStrings(inputs, attrs)) return runOnHost(kernel.name, own, inputs, attrs)
    const made = apply(own.recorder, operands(own, inputs), attrs)
    const tensors = made.map((value) => own.tensorOf(value, inputs))
    return several || tensors.length !== 1 ? tensors : tensors[0]!
  }
}

type InputReader = (
  backend: OnnxBackend,
  inputs: NamedTensorInfoMap
) => ReadonlyArray<Operand | undefined>

const inputReader = (names: InputNames): InputReader => {
  if (names === "list") {
    return (backend, inputs) =>
      (Object.values(inputs) as ReadonlyArray<TensorInfo>).map((input) => backend.operandOf(input))
  }
  const keys = names.map((name) => name.replace(/\?$/, ""))
  return (backend, inputs) =>
    keys.map((key) => {
      const input: TensorInfo | undefined = inputs[key]
      return input === undefined || input === null ? undefined : backend.operandOf(input)
    })
}
