import { type Dtype } from "../../safetensors/dtype.ts"

/** Where a tensor of a model lies. */
export interface WeightTensor {
  readonly dtype: Dtype
  readonly shape: ReadonlyArray<number>
  /** Absolute, with no symbolic link in it: ONNX Runtime refuses links that lead out of its folder. */
  readonly file: string
  /** From the start of the file. */
  readonly byteOffset: number
  readonly byteLength: number
}

/** A model's tensors, on disk. Only headers have been read; the bytes stay where they are. */
export interface Weights {
  /** The file that was opened, for messages: the safetensors file, or the index of the shards. */
  readonly path: string
  /** Shard by shard in the order of the shards' names, each in the order of its bytes. */
  readonly tensors: ReadonlyMap<string, WeightTensor>
}
