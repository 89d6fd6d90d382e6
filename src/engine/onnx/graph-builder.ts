import { type Attributes } from "./attributes.ts"
import { type ElementType, elementTypeCodes } from "./element-type.ts"
import { encodeModel } from "./encode-model.ts"
import { exactJson } from "./exact-json.ts"
import { weightsFirst } from "./weights-first.ts"
import { type ExternalBytes, type Initializer, type ModelNode, type ModelValue } from "./model.ts"

/** What a node is made with, beside its operator, inputs and attributes. */
export interface NodeOptions {
  /** Of the operator; ONNX's own when left out. */
  readonly domain?: "com.microsoft" | "com.microsoft.nchwc"
}

/**
 * Collects an ONNX graph. Values are known by name; a node that was already made (same operator, inputs and attributes)
 * is not made again, and equal constants are stored once, so a lowering may ask for what it needs without looking around.
 */
export class GraphBuilder {
  readonly #nodes: Array<ModelNode> = []
  readonly #initializers: Array<Initializer> = []
  readonly #inputs: Array<ModelValue> = []
  readonly #outputs: Array<ModelValue> = []
  readonly #known = new Map<string, ReadonlyArray<string>>()
  readonly #constants = new Map<string, string>()
  readonly #made = new Set<string>()
  readonly #dims = new Map<string, string>()
  /** What a reshape was given. */
  readonly #reshaped = new Map<string, string>()
  #names = 0

  get nodes(): ReadonlyArray<ModelNode> {
    return this.#nodes
  }
  get inputs(): ReadonlyArray<ModelValue> {
    return this.#inputs
  }
  get outputs(): ReadonlyArray<ModelValue> {
    return this.#outputs
  }

  /** A value that each run is given. */
  input(type: ElementType, dims: ReadonlyArray<number>): string {
    const name = `in${this.#inputs.length}`
    this.describe(name, dims)
    this.#inputs.push({ name, type, dims })
    return name
  }

  /** A value that each run gives back. It must be made by a node, and be named an output once only. */
  output(name: string, type: ElementType, dims: ReadonlyArray<number>): void {
    this.#outputs.push({ name, type, dims })
  }

  /** A node with one output: the output's name. */
  node(
    op: string,
    inputs: ReadonlyArray<string>,
    attributes: Attributes = {},
    options: NodeOptions = {}
  ): string {
    return this.nodeWithOutputs(1, op, inputs, attributes, options)[0]!
  }

  /** A node with several outputs: their names. */
  nodeWithOutputs(
    outputs: number,
    op: string,
    inputs: ReadonlyArray<string>,
    attributes: Attributes = {},
    { domain }: NodeOptions = {}
  ): ReadonlyArray<string> {
    const key = `${outputs} ${domain ?? ""}.${op}(${inputs.join()})${exactJson(attributes)}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const made = Array.from({ length: outputs }, () => this.#name())
    this.#nodes.push({ op, domain: domain ?? "", inputs, outputs: made, attributes })
    this.#known.set(key, made)
    for (const name of made) this.#made.add(name)
    return made
  }

  /** A tensor that is part of the model. */
  constant(type: ElementType, dims: ReadonlyArray<number>, data: ArrayBufferView): string {
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    // Only small ones are worth comparing.
    const key =
      raw.length <= 1024
        ? `${type}[${dims.join()}]${Buffer.from(raw).toString("base64")}`
        : undefined
    const known = key === undefined ? undefined : this.#constants.get(key)
    if (known !== undefined) return known
    const name = this.#name()
    this.#initializers.push({ name, type, dims, data: raw })
    this.describe(name, dims)
    if (key !== undefined) this.#constants.set(key, name)
    return name
  }

  /** A tensor whose bytes stay in a file, see `ExternalBytes`. */
  external(type: ElementType, dims: ReadonlyArray<number>, data: ExternalBytes): string {
    const name = this.#name()
    this.#initializers.push({ name, type, dims, data })
    return name
  }

  /** A float32 scalar, or with `dims` of ones a tensor of one element. */
  float(value: number, dims: ReadonlyArray<number> = []): string {
    return this.constant("float32", dims, new Float32Array([value]))
  }

  int32(value: number, dims: ReadonlyArray<number> = []): string {
    return this.constant("int32", dims, new Int32Array([value]))
  }

  /** A vector of int64, as shapes, axes and indices are given. */
  ints(values: ReadonlyArray<number>): string {
    return this.constant("int64", [values.length], BigInt64Array.from(values, BigInt))
  }

  /** The same elements in another shape; a reshape of a reshape is one of what was there first. */
  reshape(value: string, dims: ReadonlyArray<number>): string {
    if (this.#dims.get(value) === dims.join()) return value
    const before = this.#reshaped.get(value)
    if (before !== undefined) return this.reshape(before, dims)
    const name = this.#reshape(value, dims)
    this.#reshaped.set(name, value)
    this.describe(name, dims)
    return name
  }

  /** Says what dims a value has, so that a reshape to them is none. */
  describe(value: string, dims: ReadonlyArray<number>): void {
    this.#dims.set(value, dims.join())
  }

  #reshape(value: string, dims: ReadonlyArray<number>): string {
    // 0 in a target shape would mean "as before" unless allowzero says that it is meant.
    return this.node("Reshape", [value, this.ints(dims)], dims.includes(0) ? { allowzero: 1 } : {})
  }

  transpose(value: string, perm: ReadonlyArray<number>): string {
    return perm.every((axis, index) => axis === index)
      ? value
      : this.node("Transpose", [value], { perm })
  }

  cast(value: string, to: ElementType): string {
    return this.node("Cast", [value], { to: elementTypeCodes[to] })
  }

  /** The same value under a name of its own. */
  copy(value: string): string {
    const name = this.#name()
    this.#nodes.push({
      op: "Identity",
      domain: "",
      inputs: [value],
      outputs: [name],
      attributes: {}
    })
    this.#made.add(name)
    return name
  }

  /** Whether a node makes this value, so that it can be an output. */
  isMade(name: string): boolean {
    return this.#made.has(name)
  }

  encode(): Uint8Array {
    return encodeModel({
      nodes: weightsFirst(
        this.#nodes,
        this.#inputs.map(({ name }) => name)
      ),
      initializers: this.#initializers,
      inputs: this.#inputs,
      outputs: this.#outputs
    })
  }

  #name(): string {
    return `v${this.#names++}`
  }
}
