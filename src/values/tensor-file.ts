/** A file with one tensor: the safetensors file that image, mask and tensor values are stored as. */
import { endianness } from "node:os"
import { UserError } from "../base/user-error.ts"
import { decodeSafetensors } from "../safetensors/decode.ts"
import { type Dtype } from "../safetensors/dtype.ts"
import { encodeSafetensors } from "../safetensors/encode.ts"

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array

/** The name of the file in a stored value, and of the tensor in the file. */
export const tensorFileName = "data.safetensors"
const tensorName = "data"

export const encodeTensorFile = (
  data: TensorData,
  shape: ReadonlyArray<number>
): { readonly [tensorFileName]: Uint8Array } => ({
  [tensorFileName]: encodeSafetensors({
    [tensorName]: { dtype: dtypeOf(data), shape, bytes: littleEndian(data) }
  })
})

/**
 * The one tensor of a file written by `encodeTensorFile`, or by another tool in the same form.
 *
 * @returns data that may share memory with `bytes`
 */
export const decodeTensorFile = (
  bytes: Uint8Array,
  shown = tensorFileName
): { readonly data: TensorData; readonly shape: ReadonlyArray<number> } => {
  const { tensors } = decodeSafetensors(bytes, shown)
  const tensor = tensors.get(tensorName)
  if (tensor === undefined || tensors.size !== 1) {
    throw new UserError(
      `${shown} holds ${tensors.size === 0 ? "no tensor" : [...tensors.keys()].join(", ")} where one tensor named ${tensorName} should be`,
      { exitCode: 1 }
    )
  }
  const make = arrays[tensor.dtype as keyof typeof arrays]
  if (make === undefined) {
    throw new UserError(
      `${shown} holds ${tensor.dtype}; values are ${Object.keys(arrays).join(", ")}`,
      { exitCode: 1 }
    )
  }
  return { data: make(hostOrder(tensor.bytes, tensor.dtype)), shape: tensor.shape }
}

const dtypeOf = (data: TensorData): Dtype =>
  data instanceof Float32Array
    ? "F32"
    : data instanceof Float64Array
      ? "F64"
      : data instanceof Int32Array
        ? "I32"
        : "U8"

/** From bytes that start at a multiple of the element's size. */
const arrays = {
  F32: (b: Uint8Array) => new Float32Array(b.buffer, b.byteOffset, b.byteLength / 4),
  F64: (b: Uint8Array) => new Float64Array(b.buffer, b.byteOffset, b.byteLength / 8),
  I32: (b: Uint8Array) => new Int32Array(b.buffer, b.byteOffset, b.byteLength / 4),
  U8: (b: Uint8Array) => b
} as const

const hostIsBigEndian = endianness() === "BE"

const swapped = (bytes: Uint8Array, elementBytes: number): Uint8Array => {
  const copy = Buffer.from(bytes)
  if (elementBytes === 4) return copy.swap32()
  return elementBytes === 8 ? copy.swap64() : copy
}

const littleEndian = (data: TensorData): Uint8Array => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return hostIsBigEndian ? swapped(bytes, data.BYTES_PER_ELEMENT) : bytes
}

/** Copied only where a typed array could not be laid over the bytes. */
const hostOrder = (bytes: Uint8Array, dtype: Dtype): Uint8Array => {
  const elementBytes = dtype === "F64" ? 8 : dtype === "U8" ? 1 : 4
  if (hostIsBigEndian) return new Uint8Array(swapped(bytes, elementBytes))
  return bytes.byteOffset % elementBytes === 0 ? bytes : new Uint8Array(bytes)
}
