/**
 * The tfjs backend: kernels are only recorded, and a read computes everything that is pending and still referred to, in one
 * session. So a training step is one run, whatever its results are read by.
 */
import type {
  BackendTimingInfo,
  DataId,
  DataType,
  KernelBackend,
  NamedTensorInfoMap,
  TensorInfo
} from "@tensorflow/tfjs"
import { ComplexValue } from "../graph/complex-value.ts"
import { type ExternalWeight } from "../graph/external-weight.ts"
import { type Recorder } from "../graph/recorder.ts"
import { programOf } from "../graph/program.ts"
import { type Data, type Node, Value, sameShape, sizeOf } from "../graph/value.ts"
import { type DType, type HostArray } from "../onnx/element-type.ts"
import { type SessionCache } from "../program/session-cache.ts"
import { readDevice } from "../program/read-device.ts"
import { type Compiler } from "../program/executable.ts"
import { type TensorFlow } from "../tfjs.ts"
import { type TensorFunction } from "./containers.ts"
import { DeviceMemory } from "./device-memory.ts"
import { tracedFunction } from "./traced-function.ts"
import { periodOf } from "./repetition.ts"
import { leftTrace, readInTrace } from "./trace-error.ts"

/** Strings never reach a session; tfjs keeps them encoded. */
type Strings = ReadonlyArray<Uint8Array>

type Content = Value | ComplexValue | Strings

interface Entry {
  /** How many tensors share this. */
  references: number
  content: Content
}

export class OnnxBackend {
  readonly recorder: Recorder
  readonly #sessions: SessionCache
  readonly #compiler: Compiler
  readonly #tf: TensorFlow
  readonly #entries = new Map<DataId, Entry>()
  /** The pending values that the next run computes, each with how many entries hold it. */
  #awaited = new Map<Value, number>()
  /** What made them, and those that were freed since the first, in order: the keys of nodes. */
  #kernels: Array<string> = []
  /** How many kernels are awaited at most. */
  #limit = 0
  #tracing = false
  readonly #device = new DeviceMemory()
  /** How deep in calls of `keeping`. */
  #keeping = 0
  /** Whether something could not be computed, so that what is not awaited may be pending, too. */
  #hasFailed = false
  /** How many kernels may wait for a read. */
  readonly #patience: number

  constructor(tf: TensorFlow, compiler: Compiler, sessions: SessionCache, patience: number) {
    this.recorder = compiler.recorder
    this.#sessions = sessions
    this.#compiler = compiler
    this.#tf = tf
    this.#patience = patience
  }

  // Tensors and values

  /** A tensor of a kernel's result; where that is one of its inputs, it shares the input's data. */
  tensorOf(value: Value | ComplexValue, inputs: NamedTensorInfoMap): TensorInfo {
    for (const input of Object.values(inputs) as ReadonlyArray<TensorInfo | undefined>) {
      if (input !== undefined && this.#entries.get(input.dataId)?.content === value) {
        this.incRef(input.dataId)
        return { dataId: input.dataId, shape: [...value.shape], dtype: value.dtype }
      }
    }
    return this.adopt(value)
  }

  /** A tensor that holds a value. */
  adopt(value: Value | ComplexValue): TensorInfo {
    const dataId = {}
    this.#entries.set(dataId, { references: 1, content: value })
    for (const part of partsOf(value)) {
      this.#device.hold(part.data)
      if (part.producer !== undefined) this.#await(part, part.producer)
    }
    return { dataId, shape: [...value.shape], dtype: value.dtype }
  }

  /** A float32 tensor whose elements lie in a file. */
  adoptWeight(shape: ReadonlyArray<number>, weight: ExternalWeight): TensorInfo {
    return this.adopt(Value.resident({ shape, dtype: "float32" }, { at: "file", weight }))
  }

  #await(value: Value, { key }: Node): void {
    if (this.#awaited.size === 0) {
      this.#kernels = []
      this.#limit = this.#patience
    }
    this.#awaited.set(value, (this.#awaited.get(value) ?? 0) + 1)
    if (this.#tracing) return
    this.#kernels.push(key)
    if (this.#kernels.length < this.#limit) return
    // A loop is cut after whole rounds, else each cut would be another program with a session of its own.
    const period = this.#limit === this.#patience ? periodOf(this.#kernels) : undefined
    if (period !== undefined) this.#limit = Math.ceil(this.#patience / period) * period
    if (this.#kernels.length >= this.#limit) this.computePending()
  }

  #forget(value: Value): void {
    const holders = this.#awaited.get(value) ?? 0
    if (holders > 1) this.#awaited.set(value, holders - 1)
    else this.#awaited.delete(value)
  }

  /** The value of a tensor, seen in the tensor's own shape. */
  valueOf(tensor: TensorInfo): Value {
    const operand = this.operandOf(tensor)
    if (operand instanceof Value) return operand
    throw new TypeError("complex numbers do not work here on the onnx engine")
  }

  /** The value or complex value of a tensor, seen in the tensor's own shape. */
  operandOf({ dataId, shape }: TensorInfo): Value | ComplexValue {
    const { content } = this.#entry(dataId)
    const reshaped = (value: Value): Value =>
      sameShape(value.shape, shape) ? value : this.recorder.one("Reshape", [value], { shape })
    if (content instanceof Value) return reshaped(content)
    if (!(content instanceof ComplexValue)) {
      throw new TypeError("this kernel does not work on strings on the onnx engine")
    }
    const { imag, real } = content
    return sameShape(real.shape, shape) ? content : new ComplexValue(reshaped(real), reshaped(imag))
  }

  /** Data of a tensor's value, computed when it is pending. */
  dataOf(value: Value): Data {
    if (value.data === undefined) this.computePending(value)
    return value.data!
  }

  /**
   * Computes all pending values that a tensor refers to (and `wanted`) in one run.
   *
   * @throws TraceError when `wanted` depends on an argument of a trace
   * @throws Error with ONNX Runtime's message when it cannot be computed
   */
  computePending(wanted?: Value): void {
    const only = wanted === undefined ? [] : [wanted]
    // In a trace, what else is pending may depend on its arguments.
    if (this.#tracing) return this.#compute(only)
    const all = [...new Set([...this.#awaited.keys(), ...only])]
    try {
      this.#compute(all)
    } catch (error) {
      // One that cannot be computed (an index that turns out to be too large) must not take the others with it: from now
      // on each of these is computed when it is read itself.
      this.#awaited.clear()
      this.#hasFailed = true
      if (wanted === undefined || all.length === 1) throw error
      this.#compute(only)
    }
  }

  #compute(results: ReadonlyArray<Value>): void {
    if (results.length === 0) return
    const program = programOf(results)
    const isEmpty = ({ data, producer }: Value) => data === undefined && producer === undefined
    if (program.leaves.some(isEmpty) || results.some(isEmpty)) {
      throw this.#tracing ? readInTrace() : leftTrace()
    }
    const data = this.#sessions.sessionOf(program).run(program.leaves)
    const unclaimed: Array<Data> = []
    for (const [index, value] of results.entries()) {
      value.settle(data[index]!)
      const holders = this.#hasFailed ? this.#holdersOf(value) : (this.#awaited.get(value) ?? 0)
      this.#device.hold(value.data, Math.max(1, holders))
      if (holders === 0) unclaimed.push(data[index]!)
      this.#awaited.delete(value)
    }
    this.#freeDevice()
    // Whoever asked for these has yet to look at them.
    for (const one of unclaimed) this.#device.release(one)
  }

  /** How many entries hold a value. */
  #holdersOf(value: Value): number {
    let holders = 0
    for (const { content } of this.#entries.values()) {
      holders += partsOf(content).filter((part) => part === value).length
    }
    return holders
  }

  /** Frees what nobody holds on the device, if no node that waits can be a reader of it. */
  #freeDevice(): void {
    if (!this.#device.hasUnheld || this.#tracing || this.#keeping > 0) return
    if (this.#awaited.size > 0 || (this.#hasFailed && this.#hasPending())) return
    this.#device.freeUnheld()
  }

  #hasPending(): boolean {
    for (const { content } of this.#entries.values()) {
      if (partsOf(content).some(({ producer }) => producer !== undefined)) return true
    }
    return false
  }

  /** Runs `body`, during which no memory of the device is freed. */
  keeping<A>(body: () => A): A {
    this.#keeping++
    try {
      return body()
    } finally {
      this.#keeping--
      this.#freeDevice()
    }
  }

  /** Data that are needed although no tensor has them, until they are released. */
  hold(data: Data | undefined): void {
    this.#device.hold(data)
  }
  release(data: Data | undefined): void {
    this.#device.release(data)
    this.#freeDevice()
  }

  get isTracing(): boolean {
    return this.#tracing
  }

  /** The function, traced once for each arrangement of its arguments and then replayed. */
  compile(fn: TensorFunction): TensorFunction {
    return tracedFunction(this.#tf, this, this.#compiler, fn)
  }

  /** Runs `body`, in which placeholders stand for arguments: reading what depends on them is an error. */
  tracing<A>(body: () => A): A {
    if (this.#tracing) throw new Error("compile() inside of a trace")
    const awaited = this.#awaited
    this.#awaited = new Map()
    this.#tracing = true
    try {
      return body()
    } finally {
      this.#tracing = false
      // What is left of the trace may have no value.
      this.#awaited = awaited
    }
  }

  // What tfjs asks of a backend

  write(values: HostArray | Strings, shape: ReadonlyArray<number>, dtype: DataType): DataId {
    const dataId = {}
    this.#entries.set(dataId, { references: 1, content: contentOf(values, shape, dtype) })
    return dataId
  }

  move(
    dataId: DataId,
    values: HostArray | Strings,
    shape: ReadonlyArray<number>,
    dtype: DataType,
    references: number
  ): void {
    this.#entries.set(dataId, { references, content: contentOf(values, shape, dtype) })
  }

  readSync(dataId: DataId): HostArray | Strings {
    const { content } = this.#entry(dataId)
    if (content instanceof ComplexValue) {
      const [real, imag] = content.parts.map((part) => this.#read(part) as Float32Array)
      return this.#tf.backend_util.mergeRealAndImagArrays(real!, imag!)
    }
    return content instanceof Value ? this.#read(content) : content
  }

  #read(content: Value): HostArray {
    const data = this.dataOf(content)
    // A value that is on a device or in a file stays there: it is likelier to be computed with than to be read again.
    return data.at === "host" ? data.array : readDevice(content, data)
  }

  /** Computes at once: a run of ONNX Runtime holds the thread either way. */
  async read(dataId: DataId): Promise<HostArray | Strings> {
    return this.readSync(dataId)
  }

  refCount(dataId: DataId): number {
    return this.#entries.get(dataId)?.references ?? 0
  }
  incRef(dataId: DataId): void {
    this.#entry(dataId).references++
  }
  decRef(dataId: DataId): void {
    const entry = this.#entries.get(dataId)
    if (entry !== undefined) entry.references--
  }

  disposeData(dataId: DataId, force = false): boolean {
    const entry = this.#entries.get(dataId)
    if (entry === undefined) return true
    entry.references--
    if (!force && entry.references > 0) return false
    this.#entries.delete(dataId)
    for (const part of partsOf(entry.content)) {
      this.#forget(part)
      this.#device.release(part.data)
    }
    this.#freeDevice()
    return true
  }

  numDataIds(): number {
    return this.#entries.size
  }
  /** With the tensors whose data are on a device, which tfjs passes on to callers of `tf.memory()`. */
  memory(): { readonly unreliable: boolean; readonly numTensorsOnDevice: number } {
    return { unreliable: false, numTensorsOnDevice: this.#device.size }
  }
  floatPrecision(): 16 | 32 {
    return 32
  }
  /** tfjs's own for 32 bits. */
  epsilon(): number {
    return 1e-7
  }
  timerAvailable(): boolean {
    return true
  }
  /** Of what `body` makes and keeps. Not an async method, so that an error of `body` is its caller's at once. */
  time(body: () => void): Promise<BackendTimingInfo> {
    this.computePending()
    const start = performance.now()
    body()
    this.computePending()
    return Promise.resolve({ kernelMs: performance.now() - start })
  }

  dispose(): void {
    this.#entries.clear()
    this.#awaited.clear()
    this.#device.freeAll()
  }

  #entry(dataId: DataId): Entry {
    const known = this.#entries.get(dataId)
    if (known !== undefined) return known
    const engine = this.#tf.engine()
    if (!engine.state.tensorInfo.has(dataId)) {
      throw new Error("a tensor was used after it was disposed")
    }
    engine.moveData(this as unknown as KernelBackend, dataId)
    return this.#entries.get(dataId)!
  }
}

const partsOf = (content: Content): ReadonlyArray<Value> => {
  if (content instanceof Value) return [content]
  return content instanceof ComplexValue ? content.parts : []
}

const contentOf = (
  values: HostArray | Strings,
  shape: ReadonlyArray<number>,
  dtype: DataType
): Content => {
  if (dtype === "string") return values as Strings
  if (dtype === "complex64") {
    // As tfjs hands them over: real and imaginary parts in turn.
    const part = (first: number) =>
      contentOf(
        (values as Float32Array).filter((_, at) => at % 2 === first),
        shape,
        "float32"
      )
    return new ComplexValue(part(0) as Value, part(1) as Value)
  }
  return Value.resident(
    { shape: [...shape], dtype },
    { at: "host", array: ownArray(values as HostArray, dtype, sizeOf(shape)) }
  )
}

/**
 * The values in an array of our own: the caller may change his before the kernels that read it have run.
 */
const ownArray = (values: ArrayLike<number>, dtype: DType, size: number): HostArray => {
  const array = new { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[dtype](size)
  array.set(values)
  return array
}
