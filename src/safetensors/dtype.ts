/** Bytes an element, in the order in which the reference implementation puts tensors of these dtypes into a file. */
export const dtypeSizes = {
  U64: 8,
  I64: 8,
  F64: 8,
  C64: 8,
  F32: 4,
  U32: 4,
  I32: 4,
  BF16: 2,
  F16: 2,
  U16: 2,
  I16: 2,
  F8_E8M0: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I8: 1,
  U8: 1,
  BOOL: 1
} as const
export type Dtype = keyof typeof dtypeSizes

/** All of them, in the order above. */
export const dtypes = Object.keys(dtypeSizes) as ReadonlyArray<Dtype>

/** Bytes of a tensor. Beyond 2^53 the product is inexact, and may be infinite. */
export const tensorBytes = (dtype: Dtype, shape: ReadonlyArray<number>): number =>
  // The product of the others could be infinite, and infinity times zero is no number.
  shape.includes(0) ? 0 : shape.reduce((product, dim) => product * dim, dtypeSizes[dtype])
