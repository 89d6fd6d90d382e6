/** The element types of ONNX tensors that the engine uses, with their codes in the format (onnx.proto, TensorProto.DataType). */
export const elementTypeCodes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16
} as const

export type ElementType = keyof typeof elementTypeCodes

/** The types that a tfjs tensor can have in this engine; bool is one byte, 0 or 1. */
export type DType = "float32" | "int32" | "bool"

export type HostArray = Float32Array | Int32Array | Uint8Array
