/** Pickles put together instruction by instruction, so that tests can write what Python would never write. */

const u32 = (value: number): ReadonlyArray<number> => [
  ...new Uint8Array(Uint32Array.of(value).buffer)
]
const u64 = (value: bigint): ReadonlyArray<number> => [
  ...new Uint8Array(BigUint64Array.of(value).buffer)
]

type Part = number | string | ReadonlyArray<Part>

/** Numbers are bytes, texts are Latin-1. */
export const bytesOf = (...parts: ReadonlyArray<Part>): Buffer =>
  Buffer.concat(
    parts.map((part) =>
      typeof part === "number"
        ? Buffer.of(part)
        : typeof part === "string"
          ? Buffer.from(part, "latin1")
          : bytesOf(...part)
    )
  )

/** A pickle of protocol 2 that ends with STOP. */
export const pickle = (...parts: ReadonlyArray<Part>): Buffer => bytesOf(0x80, 2, ...parts, ".")

export const text = (value: string): Part => {
  const bytes = [...Buffer.from(value, "utf8")]
  return ["X", u32(bytes.length), bytes]
}
export const int = (value: number): Part => ["J", u32(value >>> 0)]
export const global = (module: string, name: string): Part => `c${module}\n${name}\n`
export const tuple = (...items: ReadonlyArray<Part>): Part => ["(", ...items, "t"]
export const dict = (...items: ReadonlyArray<readonly [key: Part, value: Part]>): Part => [
  "}(",
  ...items,
  "u"
]
export const none = "N"
export { u32, u64 }

export interface TensorParts {
  readonly key?: Part
  readonly storage?: Part
  readonly length?: number
  readonly offset?: number
  readonly shape?: ReadonlyArray<number>
  readonly strides?: ReadonlyArray<number>
  readonly more?: Part
}

/** As `torch.save` writes a tensor of four float32 elements, but for what is told otherwise. */
export const tensor = ({
  key = text("0"),
  length = 4,
  more = [],
  offset = 0,
  shape = [4],
  storage = global("torch", "FloatStorage"),
  strides = [1]
}: TensorParts = {}): Part => [
  global("torch._utils", "_rebuild_tensor_v2"),
  "(",
  [tuple(text("storage"), storage, key, text("cpu"), int(length)), "Q"],
  int(offset),
  tuple(...shape.map(int)),
  tuple(...strides.map(int)),
  0x89,
  [global("collections", "OrderedDict"), ")R"],
  more,
  "tR"
]
