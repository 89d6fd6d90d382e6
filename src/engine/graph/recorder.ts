import { type DType } from "../onnx/element-type.ts"
import { exactJson } from "../onnx/exact-json.ts"
import { type Attrs, type Node, type Spec, type Value, Value as Values } from "./value.ts"

/** The shapes and types of a kernel's results, or an error in the caller's words when it cannot take these inputs. */
export type Infer = (inputs: ReadonlyArray<Spec>, attrs: Attrs) => ReadonlyArray<Spec>

/** The operator of constants that are part of a program's structure: attrs `value` (a number), `dtype`, `shape` (filled with it). */
export const constantOp = "Constant"

/** Makes nodes. Everything that is wrong with a kernel's arguments is found here, where the call still is on the stack. */
export class Recorder {
  readonly #infer: (op: string) => Infer
  #nodes = 0

  constructor(infer: (op: string) => Infer) {
    this.#infer = infer
  }

  /** How many nodes were recorded so far. */
  get count(): number {
    return this.#nodes
  }

  /** Applies the kernel `op`: its results. */
  record(op: string, inputs: ReadonlyArray<Value>, attrs: Attrs = {}): ReadonlyArray<Value> {
    const outputs: Array<Value> = []
    const node: Node = {
      id: this.#nodes++,
      op,
      attrs,
      inputs,
      outputs,
      key: `${op}${exactJson(attrs)}`
    }
    for (const spec of this.#infer(op)(inputs, attrs)) outputs.push(Values.pending(spec, node))
    return outputs
  }

  /** Applies a kernel of one result. */
  one(op: string, inputs: ReadonlyArray<Value>, attrs: Attrs = {}): Value {
    return this.record(op, inputs, attrs)[0]!
  }

  /** A tensor filled with one number that belongs to the program's structure. */
  constant(value: number, dtype: DType = "float32", shape: ReadonlyArray<number> = []): Value {
    // JSON has no NaN or infinity, and -0 would become 0: numbers travel as text.
    return this.one(constantOp, [], {
      value: Object.is(value, -0) ? "-0" : `${value}`,
      dtype,
      shape
    })
  }
}

/** The number of a constant node. */
export const constantValue = (node: Node): number => Number(node.attrs["value"])
