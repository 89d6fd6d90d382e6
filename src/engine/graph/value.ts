/**
 * The recorded program: values that kernels will make, and the nodes that make them. Nothing here knows how a kernel is
 * computed.
 */
import { type DType, type HostArray } from "../onnx/element-type.ts"
import { type OrtTensor } from "../onnx/session.ts"
import { type ExternalWeight } from "./external-weight.ts"

export type Shape = ReadonlyArray<number>

/** What is known of a tensor before it is computed. */
export interface Spec {
  readonly shape: Shape
  readonly dtype: DType
}

/** Where a tensor's elements are, row-major. */
export type Data =
  | { readonly at: "host"; readonly array: HostArray }
  | { readonly at: "device"; readonly tensor: OrtTensor }
  | { readonly at: "file"; readonly weight: ExternalWeight }

/**
 * A tensor of the program. It is *pending* while it only has a producer, and *resident* once it has data; a value that
 * became resident forgets its producer, so that what led to it can be freed.
 */
export class Value implements Spec {
  readonly shape: Shape
  readonly dtype: DType
  #origin: Origin

  private constructor({ dtype, shape }: Spec, origin: Origin) {
    this.shape = shape
    this.dtype = dtype
    this.#origin = origin
  }

  static resident(spec: Spec, data: Data): Value {
    return new Value(spec, { data })
  }
  static pending(spec: Spec, node: Node): Value {
    return new Value(spec, { node })
  }

  /** A value that is given anew at each run: an argument of a traced function. */
  static placeholder(spec: Spec): Value {
    return new Value(spec, {})
  }

  get size(): number {
    return sizeOf(this.shape)
  }
  get data(): Data | undefined {
    return this.#origin.data
  }
  /** The node that will make this value, while it is pending. */
  get producer(): Node | undefined {
    return this.#origin.node
  }

  settle(data: Data): void {
    this.#origin = { data }
  }
}

interface Origin {
  readonly data?: Data
  readonly node?: Node
}

/** The plain arguments of a kernel: part of a program's structure, unlike tensors. */
export interface Attrs {
  readonly [name: string]: unknown
}

/** One application of a kernel. */
export interface Node {
  /** Counts up in the order of recording, which is an order in which nodes can run. */
  readonly id: number
  readonly op: string
  readonly attrs: Attrs
  readonly inputs: ReadonlyArray<Value>
  readonly outputs: ReadonlyArray<Value>
  /** The operator and its attributes as text: two nodes of one key do the same to their inputs. */
  readonly key: string
}

export const sizeOf = (shape: Shape): number => shape.reduce((size, dim) => size * dim, 1)

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis])
