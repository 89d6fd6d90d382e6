import { type Data, type Spec } from "../graph/value.ts"
import { addWeight, externalFolder, sessionFolderOption } from "../weights/external-data.ts"
import { GraphBuilder } from "../onnx/graph-builder.ts"
import { type HostArray } from "../onnx/element-type.ts"
import { type OrtTensor, type Session, createSession } from "../onnx/session.ts"

/** The elements of a tensor that is not in the host's memory. */
export const readDevice = (spec: Spec, data: Exclude<Data, { readonly at: "host" }>): HostArray => {
  if (data.at === "device") return download(spec, data.tensor)
  // A weight that lies in a file, by a session of the CPU.
  const onnx = new GraphBuilder()
  const folder = externalFolder([data.weight])
  const output = onnx.copy(addWeight(onnx, folder, data.weight, spec.shape))
  onnx.output(output, spec.dtype, spec.shape)
  const session = createSession(onnx.encode(), {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "disabled",
    extra: { session: { [sessionFolderOption]: folder } }
  })
  try {
    return session.run({})[output]!.data as HostArray
  } finally {
    session.dispose()
  }
}

interface Copier {
  readonly session: Session
  readonly input: string
  readonly output: string
}

/** By type and rank: few, so they are kept. */
const copiers = new Map<string, Copier>()

/** By a session that only copies: reading the tensor itself ends the process in onnxruntime-node 1.30. */
const download = ({ dtype, shape }: Spec, tensor: OrtTensor): HostArray => {
  const key = `${dtype} ${shape.length}`
  const { input, output, session } = copiers.get(key) ?? copier(dtype, shape.length)
  copiers.set(key, { input, output, session })
  return session.run({ [input]: tensor })[output]!.data as HostArray
}

const copier = (dtype: Spec["dtype"], rank: number): Copier => {
  const onnx = new GraphBuilder()
  // ONNX Runtime takes -1 for a length that is not known before the run.
  const dims = Array<number>(rank).fill(-1)
  const input = onnx.input(dtype, dims)
  const output = onnx.copy(input)
  onnx.output(output, dtype, dims)
  const session = createSession(onnx.encode(), {
    executionProviders: ["webgpu"],
    preferredOutputLocation: "cpu",
    logSeverityLevel: 3
  })
  return { session, input, output }
}
