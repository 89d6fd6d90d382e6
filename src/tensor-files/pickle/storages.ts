/** PyTorch's classes of storages and what their elements are. */
import type { Dtype } from "../../safetensors/dtype.ts"

const dtypes = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL"
} as const satisfies { readonly [name: string]: Dtype }
export type StorageDtype = (typeof dtypes)[keyof typeof dtypes]

/** @param name of a class in the module `torch` */
export const storageDtype = (name: string): StorageDtype | undefined =>
  Object.hasOwn(dtypes, name) ? dtypes[name as keyof typeof dtypes] : undefined
