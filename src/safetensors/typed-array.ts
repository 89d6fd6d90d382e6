/** Tensors of a file as JavaScript's typed arrays, in the byte order of this machine. */
import { endianness } from "node:os"
import type { RawTensor } from "./decode.ts"
import type { Dtype } from "./dtype.ts"

/** By dtype, the arrays that hold its elements as they are. */
export interface ArrayOf {
  readonly I64: BigInt64Array
  readonly F64: Float64Array
  readonly F32: Float32Array
  readonly I32: Int32Array
  readonly U8: Uint8Array
}
export type ArrayDtype = keyof ArrayOf

const arrays: { readonly [D in ArrayDtype]: ArrayType<ArrayOf[D]> } = {
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array
}

interface ArrayType<A> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
  readonly BYTES_PER_ELEMENT: number
}

/** @returns a tensor that shares the array's memory, except on a big-endian machine */
export const rawTensor = (
  data: ArrayOf[ArrayDtype],
  shape: ReadonlyArray<number>
): RawTensor & { readonly dtype: ArrayDtype } => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return {
    dtype: dtypeOf(data),
    shape,
    bytes: hostIsBigEndian ? swapped(bytes, data.BYTES_PER_ELEMENT) : bytes
  }
}

/**
 * The elements, row-major.
 *
 * @param allowed dtypes that the caller can use
 * @returns an array that shares the tensor's memory where it lies at a multiple of the element's size; undefined when the
 *   dtype is another one
 */
export const typedArray = <D extends ArrayDtype>(
  { bytes, dtype }: RawTensor,
  allowed: ReadonlyArray<D>
): ArrayOf[D] | undefined => {
  const known = allowed.find((candidate) => candidate === dtype)
  if (known === undefined) return undefined
  const make: ArrayType<ArrayOf[D]> = arrays[known]
  const size = make.BYTES_PER_ELEMENT
  const inOrder = hostIsBigEndian
    ? new Uint8Array(swapped(bytes, size))
    : bytes.byteOffset % size === 0
      ? bytes
      : new Uint8Array(bytes)
  return new make(inOrder.buffer, inOrder.byteOffset, inOrder.byteLength / size)
}

const dtypeOf = (data: ArrayOf[ArrayDtype]): ArrayDtype => {
  const found = Object.entries(arrays).find(([, type]) => data instanceof type)
  if (found === undefined) throw new TypeError("a tensor's data are no typed array of a known kind")
  return found[0] as ArrayDtype & Dtype
}

const hostIsBigEndian = endianness() === "BE"

const swapped = (bytes: Uint8Array, elementBytes: number): Uint8Array => {
  const copy = Buffer.from(bytes)
  if (elementBytes === 4) return copy.swap32()
  return elementBytes === 8 ? copy.swap64() : copy
}
