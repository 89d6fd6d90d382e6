/** An ONNX model as plain data: what `GraphBuilder` collects and `encodeModel` writes. */
import { type Attributes } from "./attributes.ts"
import { type ElementType } from "./element-type.ts"

export interface ModelNode {
  readonly op: string
  /** Empty for ONNX's own operators. */
  readonly domain: string
  /** Names of values; an empty name leaves an optional input out. */
  readonly inputs: ReadonlyArray<string>
  readonly outputs: ReadonlyArray<string>
  readonly attributes: Attributes
}

export interface ModelValue {
  readonly name: string
  readonly type: ElementType
  readonly dims: ReadonlyArray<number>
}

/** Where in a file the little-endian bytes of a tensor lie. `file` is relative to the session's folder of external data. */
export interface ExternalBytes {
  readonly file: string
  readonly offset: number
  readonly length: number
}

export interface Initializer extends ModelValue {
  readonly data: Uint8Array | ExternalBytes
}

export interface Model {
  readonly nodes: ReadonlyArray<ModelNode>
  readonly initializers: ReadonlyArray<Initializer>
  readonly inputs: ReadonlyArray<ModelValue>
  readonly outputs: ReadonlyArray<ModelValue>
}
