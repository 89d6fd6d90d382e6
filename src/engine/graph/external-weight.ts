/** A tensor that lies in a file and is read from there by ONNX Runtime, never through JavaScript. */
export interface ExternalWeight {
  /** Absolute path of the folder that the session reads external data from. */
  readonly folder: string
  /** The file in that folder. */
  readonly file: string
  /** Where the tensor's little-endian bytes begin, from the start of the file. */
  readonly byteOffset: number
  readonly byteLength: number
  /** How the elements are stored. They count as float32, which holds them exactly. */
  readonly stored: "float32" | "float16" | "bfloat16"
  /** Whether products with a weight stored as float16 may be computed in float16, where the provider can. */
  readonly half: boolean
}
