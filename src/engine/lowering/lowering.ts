/**
 * Where the values of a program are while it is turned into ONNX. tfjs's tensors are channels-last; ONNX's convolutions want
 * channels first, and on a CPU their own blocked order. So a 4-D value `[N, H, W, C]` has up to three physical *forms*,
 * each made when it is first asked for and then remembered:
 *
 * - `plain`: as tfjs has it;
 * - `nchw`: `[N, C, H, W]`;
 * - `blocked`: `[N, C/b, H, W, b]`, stored in an ONNX tensor whose nominal dims are `[N, C, H, W]` (the operators of the
 *   domain com.microsoft.nchwc; CPU only, when b divides C).
 *
 * A lowering asks for the forms its operator likes and defines the form that the operator gives.
 */
import { type DType } from "../onnx/element-type.ts"
import { type GraphBuilder } from "../onnx/graph-builder.ts"
import { type Shape, type Value, sizeOf } from "../graph/value.ts"
import { type Target } from "./target.ts"

export type Form = "plain" | "nchw" | "blocked"

type Forms = { [form in Form]?: string | (() => string) }

/** A weight as it lies in a file. */
export interface Stored {
  readonly type: "float32" | "float16" | "bfloat16"
  /** Whether products with it may be computed in float16. */
  readonly half: boolean
  /** Emits it, in its own type. */
  readonly name: () => string
}

export class Lowering {
  readonly onnx: GraphBuilder
  readonly target: Target
  readonly #forms = new Map<Value, Forms>()
  readonly #uniform = new Map<Value, number>()
  readonly #stored = new Map<Value, Stored>()

  constructor(onnx: GraphBuilder, target: Target) {
    this.onnx = onnx
    this.target = target
  }

  /** Says that `value` exists in `form` under an ONNX name, or by a function that emits it when somebody asks. */
  define(value: Value, form: Form, name: string | (() => string)): void {
    const forms = this.#forms.get(value) ?? {}
    forms[form] = name
    this.#forms.set(value, forms)
    if (form === "plain" && typeof name === "string") this.onnx.describe(name, value.shape)
  }

  /** Says that all elements of `value` are `number`; its plain form follows. */
  defineUniform(value: Value, number: number): void {
    this.#uniform.set(value, number)
    const { onnx } = this
    const one =
      value.dtype === "int32"
        ? () => onnx.int32(number)
        : value.dtype === "bool"
          ? () => onnx.constant("bool", [], new Uint8Array([number === 0 ? 0 : 1]))
          : () => onnx.float(number)
    this.define(value, "plain", () =>
      value.shape.length === 0 ? one() : onnx.node("Expand", [one(), onnx.ints(value.shape)])
    )
  }

  /** Says that `value` is a weight in a file, or a view of one; its plain form follows. */
  defineStored(value: Value, stored: Stored): void {
    let made: string | undefined
    const once: Stored = { ...stored, name: () => (made ??= stored.name()) }
    this.#stored.set(value, once)
    this.define(value, "plain", () =>
      once.type === "float32" ? once.name() : this.onnx.cast(once.name(), "float32")
    )
  }

  /** How `value` lies in its file, when it does. */
  stored(value: Value): Stored | undefined {
    return this.#stored.get(value)
  }

  /** The value in float16, when it is stored so and the provider computes products of that type. */
  half(value: Value): string | undefined {
    const stored = this.#stored.get(value)
    // The target last: it may have to try.
    return stored?.half === true && stored.type === "float16" && this.target.float16
      ? stored.name()
      : undefined
  }

  /** The number that fills `value`, when that is known from the program's structure. */
  uniform(value: Value): number | undefined {
    return this.#uniform.get(value)
  }

  /** Whether the value has this form already, so that asking for it is free. */
  has(value: Value, form: Form): boolean {
    return this.#forms.get(value)?.[form] !== undefined
  }

  /** Whether the value can have the blocked form. Not as int32, which float32 does not hold. */
  blockable({ dtype, shape }: { readonly shape: Shape; readonly dtype?: DType }): boolean {
    const { block } = this.target
    return (
      block > 0 &&
      dtype !== "int32" &&
      shape.length === 4 &&
      shape[3]! % block === 0 &&
      sizeOf(shape) > 0
    )
  }

  /** The ONNX name of the value in a form, converted from another when need be. */
  get(value: Value, form: Form): string {
    const forms = this.#forms.get(value)
    if (forms === undefined)
      throw new Error(`a value of shape [${value.shape.join()}] was used before it was made`)
    const known = forms[form]
    if (typeof known === "string") return known
    const name = known === undefined ? this.#convert(value, forms, form) : known()
    this.define(value, form, name)
    return name
  }
  plain(value: Value): string {
    return this.get(value, "plain")
  }
  nchw(value: Value): string {
    return this.get(value, "nchw")
  }
  blocked(value: Value): string {
    return this.get(value, "blocked")
  }

  /** The operator of the blocked layout. */
  nchwc(
    op: string,
    inputs: ReadonlyArray<string>,
    attributes: Parameters<GraphBuilder["node"]>[2] = {}
  ): string {
    return this.onnx.node(op, inputs, attributes, { domain: "com.microsoft.nchwc" })
  }

  #convert(value: Value, forms: Forms, to: Form): string {
    const { onnx } = this
    if (value.shape.length !== 4)
      throw new Error(`form ${to} of a tensor of rank ${value.shape.length}`)
    if (to === "blocked" && !this.blockable(value)) {
      throw new Error(
        `no blocked form of [${value.shape.join()}] in blocks of ${this.target.block}`
      )
    }
    const [n, h, w, c] = value.shape as readonly [number, number, number, number]
    const dims = to === "plain" ? value.shape : [n, c, h, w]
    const from = (["blocked", "nchw", "plain"] as const).find((form) => forms[form] !== undefined)!
    const name = this.get(value, from)
    // One pixel; between the unblocked forms, one channel; or one block, which is channels-last: the same memory, only
    // named otherwise.
    const sameOrder =
      h * w === 1 ||
      (from !== "blocked" && to !== "blocked" && c === 1) ||
      (from !== "nchw" && to !== "nchw" && c === this.target.block)
    if (sameOrder) return onnx.reshape(name, dims)
    if (to === "blocked" || from === "blocked") {
      const last = from === "plain" || to === "plain" ? { channels_last: 1 } : {}
      const reorder = (float: string) =>
        to === "blocked"
          ? this.nchwc("ReorderInput", [float], last)
          : this.nchwc("ReorderOutput", [float], { channels: c, ...last })
      // The blocked layout's operators know float32 only.
      return value.dtype === "float32"
        ? reorder(name)
        : onnx.cast(reorder(onnx.cast(name, "float32")), value.dtype)
    }
    return onnx.transpose(name, to === "nchw" ? [0, 3, 1, 2] : [0, 2, 3, 1])
  }
}
