/** Writes `.npy` files of format 1.0, and headers that NumPy would not write. */
import type { RawTensor } from "../../src/safetensors/decode.ts"

const descrs: { readonly [dtype: string]: string } = {
  F16: "<f2",
  F32: "<f4",
  F64: "<f8",
  I32: "<i4",
  I64: "<i8",
  U8: "|u1"
}

export const npyFile = (header: string, data: Uint8Array, version = [1, 0]): Buffer => {
  const wide = version[0] !== 1
  const start = wide ? 12 : 10
  const padded = `${header.padEnd(Math.ceil((header.length + start + 1) / 64) * 64 - start - 1)}\n`
  const length = Buffer.alloc(wide ? 4 : 2)
  if (wide) length.writeUInt32LE(padded.length)
  else length.writeUInt16LE(padded.length)
  return Buffer.concat([
    Buffer.from("\x93NUMPY", "latin1"),
    Buffer.from(version),
    length,
    Buffer.from(padded),
    data
  ])
}

export const encodeNpy = ({ bytes, dtype, shape }: RawTensor): Buffer =>
  npyFile(
    `{'descr': '${descrs[dtype]}', 'fortran_order': False, 'shape': (${shape.map((dim) => `${dim},`).join(" ")}), }`,
    bytes
  )
