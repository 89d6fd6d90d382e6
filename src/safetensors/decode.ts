import { type Dtype } from "./dtype.ts"
import { headerEnd, lengthBytes, parseHeader } from "./header.ts"

export interface RawTensor {
  readonly dtype: Dtype
  readonly shape: ReadonlyArray<number>
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array
}

/**
 * The tensors of a file that is in memory, as views of `bytes`.
 *
 * @param shown how messages name the file
 * @throws UserError saying what is wrong with the file
 */
export const decodeSafetensors = (
  bytes: Uint8Array,
  shown = "the file"
): {
  readonly tensors: ReadonlyMap<string, RawTensor>
  readonly metadata: { readonly [key: string]: string }
} => {
  const end = headerEnd(bytes, bytes.byteLength, shown)
  const { metadata, tensors } = parseHeader(
    bytes.subarray(lengthBytes, end),
    bytes.byteLength,
    shown
  )
  return {
    metadata,
    tensors: new Map(
      [...tensors].map(([name, { begin, dtype, end, shape }]) => [
        name,
        { dtype, shape, bytes: bytes.subarray(begin, end) }
      ])
    )
  }
}
