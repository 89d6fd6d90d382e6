/**
 * A function of tensors that is traced once for each arrangement of its arguments, and afterwards replayed: its arguments and
 * the variables that it uses are fed to the session that the trace became, with no kernel called.
 */
import type { Tensor } from "@tensorflow/tfjs"
import { type Data, Value } from "../graph/value.ts"
import { type Compiler, type Executable, compileProgram } from "../program/executable.ts"
import { type TensorFlow } from "../tfjs.ts"
import { type Container, type TensorFunction, flatten, refill } from "./containers.ts"
import { type Source, type Trace, type TracingBackend, traceOf } from "./trace.ts"
import { callUntraced } from "./untraced.ts"

/** What traced functions need of the backend. */
export interface ReplayingBackend extends TracingBackend {
  readonly isTracing: boolean
  readonly dataOf: (value: Value) => Data
  readonly keeping: <A>(body: () => A) => A
  readonly hold: (data: Data | undefined) => void
  readonly release: (data: Data | undefined) => void
}

/** How many arrangements of arguments a function keeps its sessions for. */
const replaysKept = 16

export const tracedFunction = (
  tf: TensorFlow,
  backend: ReplayingBackend,
  compiler: Compiler,
  fn: TensorFunction
): TensorFunction => {
  /** In the order of last use. */
  const replays = new Map<string, Replay>()
  const isTensor = (value: unknown): value is Tensor => value instanceof tf.Tensor
  /** A weight that lies in a file becomes part of the model, which reads it from there. */
  const weightOf = (tensor: Tensor) => {
    const { data } = backend.valueOf(tensor)
    return data?.at === "file" ? data.weight : undefined
  }
  const call: TensorFunction = (...args) => {
    // Inside of a gradient or of another trace the function's own kernels must be seen.
    if (backend.isTracing || tf.engine().state.gradientDepth > 0) return callUntraced(tf, fn, args)
    const { key, tensors } = flatten(args, isTensor, (tensor) => {
      const weight = weightOf(tensor)
      return weight === undefined ? "" : JSON.stringify(weight)
    })
    let replay = replays.get(key)
    if (replay === undefined) {
      const isWeight = (tensor: Tensor) => weightOf(tensor) !== undefined
      const trace = traceOf(tf, backend, fn, args, tensors, isWeight)
      replay = new Replay(tf, backend, compiler, trace)
    }
    replays.delete(key)
    replays.set(key, replay)
    if (replays.size > replaysKept) {
      const [oldest, { dispose }] = replays.entries().next().value!
      replays.delete(oldest)
      dispose()
    }
    return replay.run(tensors)
  }
  return (...args) => backend.keeping(() => call(...args))
}

class Replay {
  readonly #tf: TensorFlow
  readonly #backend: ReplayingBackend
  /** All of a trace but its program, which became the executable. */
  readonly #trace: Omit<Trace, "program">
  readonly #executable: Executable | undefined

  constructor(
    tf: TensorFlow,
    backend: ReplayingBackend,
    compiler: Compiler,
    { program, ...trace }: Trace
  ) {
    this.#tf = tf
    this.#backend = backend
    this.#trace = trace
    this.#executable =
      program.results.length === 0 ? undefined : compileProgram(program, compiler, "often")
    for (const { data } of this.#constants()) backend.hold(data)
  }

  run(given: ReadonlyArray<Tensor>): Container {
    const { assigned, leaves, results, returned } = this.#trace
    const made = this.#executable?.run(leaves.map((leaf) => this.#value(leaf, given, []))) ?? []
    /** A value of its own, so that each tensor is its owner's. */
    const tensor = (source: Source): Tensor => {
      const value = this.#value(source, given, made)
      const own = Value.resident(value, this.#backend.dataOf(value))
      return this.#tf.engine().makeTensorFromTensorInfo(this.#backend.adopt(own))
    }
    // All before any is assigned: one may be what another held.
    const values = assigned.map(({ source }) => tensor(source))
    const resultTensors = results.map(tensor)
    for (const [index, { variable }] of assigned.entries()) {
      variable.assign(values[index]!)
      values[index]!.dispose()
    }
    let next = 0
    return refill(
      returned,
      (value) => value instanceof this.#tf.Tensor,
      () => resultTensors[next++]!
    )
  }

  /** The value that a source stands for, with its data. */
  #value(source: Source, given: ReadonlyArray<Tensor>, made: ReadonlyArray<Data>): Value {
    switch (source.from) {
      case "program":
        return Value.resident(source.spec, made[source.index]!)
      case "constant":
        this.#backend.dataOf(source.value)
        return source.value
      default: {
        const tensor = source.from === "argument" ? given[source.index]! : source.variable
        // Its data may still be there, held by another tensor.
        if (tensor.isDisposed) throw new Error(`compile(): ${nameOf(source)} is disposed`)
        const value = this.#backend.valueOf(tensor)
        this.#backend.dataOf(value)
        return value
      }
    }
  }

  #constants(): ReadonlyArray<Value> {
    const { assigned, leaves, results } = this.#trace
    const sources = [...leaves, ...results, ...assigned.map(({ source }) => source)]
    return sources.flatMap((source) => (source.from === "constant" ? [source.value] : []))
  }

  readonly dispose = (): void => {
    this.#executable?.dispose()
    for (const { data } of this.#constants()) this.#backend.release(data)
  }
}

const nameOf = (source: Source): string =>
  source.from === "variable" ? `the variable ${source.variable.name}` : "an argument"
