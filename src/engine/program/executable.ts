/** From a program to a session of ONNX Runtime that runs it. */
import { type Recorder } from "../graph/recorder.ts"
import { knownConstant } from "../graph/known-constant.ts"
import { type Program } from "../graph/program.ts"
import { type Data, type Value } from "../graph/value.ts"
import { type Primitive } from "../kernels/kernel.ts"
import { Lowering } from "../lowering/lowering.ts"
import { type Target } from "../lowering/target.ts"
import { type HostArray } from "../onnx/element-type.ts"
import { GraphBuilder } from "../onnx/graph-builder.ts"
import {
  type OrtTensor,
  type Session,
  type SessionOptions,
  createSession,
  ortTensor
} from "../onnx/session.ts"
import { addStoredWeight, externalFolder } from "../weights/external-data.ts"
import { workOf } from "./work.ts"
import { readDevice } from "./read-device.ts"
import { type Rule, rewrite } from "../rewrite/rewrite.ts"

export interface Executable {
  /** Runs on leaves in the order of the program that it was made from: the data of its results, in order. */
  run(leaves: ReadonlyArray<Value>): ReadonlyArray<Data>
  readonly dispose: () => void
}

/** How often a session is meant to run: it may spend memory to save time if `often`. */
export type Runs = "seldom" | "often"

export interface Compiler {
  readonly recorder: Recorder
  readonly primitive: (op: string) => Primitive
  readonly stages: ReadonlyArray<ReadonlyArray<Rule>>
  readonly target: Target
  /** The session's options, given the folder of external weights when the program has any, and how much it computes (`workOf`). */
  readonly sessionOptions: (
    weightsFolder: string | undefined,
    runs: Runs,
    work: number
  ) => SessionOptions
}

/** Where a result comes from: an output of the session, or a leaf that went through untouched. */
type Origin = { readonly output: string } | { readonly leaf: number }

export const compileProgram = (
  program: Program,
  compiler: Compiler,
  runs: Runs = "seldom"
): Executable => {
  const { feeds, model, origins, weightsFolder } = lower(program, compiler)
  const session: Session | undefined =
    model === undefined
      ? undefined
      : createSession(model, compiler.sessionOptions(weightsFolder, runs, workOf(program.nodes)))
  return {
    run: (leaves) => {
      const inputs: Record<string, OrtTensor> = {}
      for (const { leaf, name } of feeds) inputs[name] = feedOf(leaves[leaf]!)
      const outputs = session?.run(inputs) ?? {}
      return origins.map((origin) =>
        "leaf" in origin ? leaves[origin.leaf]!.data! : dataOf(outputs[origin.output]!)
      )
    },
    dispose: () => session?.dispose()
  }
}

/** The model of a program, the leaves that it is fed, and where its results are found. */
export const lower = (program: Program, compiler: Compiler) => {
  const { primitive, target } = compiler
  const rewritten = rewriteAll(program, compiler)
  const weights = program.leaves.flatMap(({ data }) => (data?.at === "file" ? [data.weight] : []))
  const weightsFolder = weights.length === 0 ? undefined : externalFolder(weights)
  const onnx = new GraphBuilder()
  const lowering = new Lowering(onnx, target)
  const feeds: Array<{ readonly leaf: number; readonly name: string }> = []
  const used = new Set(rewritten.nodes.flatMap(({ inputs }) => inputs))
  for (const [leaf, value] of program.leaves.entries()) {
    if (!used.has(value)) continue
    if (value.data?.at === "file") {
      const { weight } = value.data
      lowering.defineStored(value, {
        type: weight.stored,
        half: weight.half,
        name: () => addStoredWeight(onnx, weightsFolder!, weight, value.shape)
      })
      continue
    }
    const name = onnx.input(value.dtype, value.shape)
    feeds.push({ leaf, name })
    lowering.define(value, "plain", name)
  }
  for (const node of rewritten.nodes) primitive(node.op).lower(node, lowering)
  const taken = new Set<string>(onnx.inputs.map(({ name }) => name))
  const origins = rewritten.results.map((value): Origin => {
    const leaf = program.leaves.indexOf(value)
    if (leaf >= 0) return { leaf }
    let name = lowering.plain(value)
    // An input, a constant or another output under the same name: ONNX wants a name of its own.
    if (taken.has(name) || !onnx.isMade(name)) name = onnx.copy(name)
    taken.add(name)
    onnx.output(name, value.dtype, value.shape)
    return { output: name }
  })
  const model = onnx.outputs.length === 0 ? undefined : onnx.encode()
  return { model, feeds, origins, weightsFolder, onnx }
}

/** The program as it is lowered: with its common scalars as constants, and after all peepholes. */
export const rewriteAll = (
  program: Program,
  { recorder, stages }: Pick<Compiler, "recorder" | "stages">
): Program =>
  stages.reduce(
    (before, rules) => rewrite(before, rules, recorder),
    withKnownConstants(program, recorder)
  )

/** The program with its common scalars as constants, see `knownConstant`. */
const withKnownConstants = (program: Program, recorder: Recorder): Program => {
  const constants = new Map<Value, Value>()
  for (const leaf of program.leaves) {
    const number = knownConstant(leaf)
    if (number !== undefined) constants.set(leaf, recorder.constant(number))
  }
  if (constants.size === 0) return program
  const replaced = new Map<Value, Value>(constants)
  const now = (value: Value) => replaced.get(value) ?? value
  const nodes = [...constants.values()].map(({ producer }) => producer!)
  for (const node of program.nodes) {
    if (!node.inputs.some((input) => replaced.has(input))) {
      nodes.push(node)
      continue
    }
    const outputs = recorder.record(node.op, node.inputs.map(now), node.attrs)
    for (const [index, output] of outputs.entries()) replaced.set(node.outputs[index]!, output)
    nodes.push(outputs[0]!.producer!)
  }
  return { leaves: program.leaves, nodes, results: program.results.map(now) }
}

const feedOf = (leaf: Value): OrtTensor => {
  const { data, dtype, shape } = leaf
  if (data?.at === "device") return data.tensor
  if (data?.at === "host") return ortTensor(dtype, data.array, shape)
  if (data === undefined) throw new Error("a leaf of a program has no data")
  // A variable that started as a weight in a file: what changes cannot stay there.
  leaf.settle({ at: "host", array: readDevice(leaf, data) })
  return feedOf(leaf)
}

const dataOf = (tensor: OrtTensor): Data =>
  tensor.location === "cpu"
    ? { at: "host", array: tensor.data as HostArray }
    : { at: "device", tensor }
