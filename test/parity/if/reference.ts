/** What the reference computed: tensors of a safetensors file, and how far from them ours are. */
import type { Tensor, Tensor4D } from "@tensorflow/tfjs"
import { readFileSync } from "node:fs"
import { tf } from "../../../src/engine/tf.ts"
import { decodeSafetensors } from "../../../src/safetensors/decode.ts"
import { typedArray } from "../../../src/safetensors/typed-array.ts"

export interface Expected {
  readonly shape: ReadonlyArray<number>
  readonly data: Float32Array
}

export interface Reference {
  readonly names: ReadonlyArray<string>
  /** A tensor of float32 as it is in the file. */
  readonly expected: (name: string) => Expected
  /** The same as a tensor; int64 become int32. */
  readonly tensor: (name: string) => Tensor
  /** An image `[N,C,H,W]` of the file as `[N,H,W,C]`. */
  readonly image: (name: string) => Tensor4D
  readonly integers: (name: string) => Int32Array
}

export const readReference = (file: string): Reference => {
  const { tensors } = decodeSafetensors(readFileSync(file), file)
  const arrayOf = (name: string) => {
    const raw = tensors.get(name)
    if (raw === undefined) throw new Error(`${file} has no tensor ${name}`)
    const data = typedArray(raw, ["F32", "I64"])
    if (data === undefined) throw new Error(`${file}: ${name} is ${raw.dtype}`)
    return { shape: raw.shape, data }
  }
  const expected = (name: string): Expected => {
    const { data, shape } = arrayOf(name)
    if (data instanceof Float32Array) return { shape, data }
    throw new Error(`${file}: ${name} holds integers`)
  }
  const tensor = (name: string): Tensor => {
    const { data, shape } = arrayOf(name)
    return data instanceof Float32Array
      ? tf.tensor(data, [...shape])
      : tf.tensor(Int32Array.from(data, Number), [...shape], "int32")
  }
  return {
    names: [...tensors.keys()],
    expected,
    tensor,
    image: (name) => tf.transpose(tensor(name) as Tensor4D, [0, 2, 3, 1]),
    integers: (name) => {
      const { data } = arrayOf(name)
      if (data instanceof Float32Array) throw new Error(`${file}: ${name} holds no integers`)
      return Int32Array.from(data, Number)
    }
  }
}

/** The largest difference; infinite where a number is missing, or the shape is another. */
export const largestError = (got: Tensor, { data, shape }: Expected): number => {
  if (got.shape.join() !== shape.join()) return Infinity
  const values = got.dataSync()
  let largest = 0
  for (const [index, value] of data.entries()) {
    const difference = Math.abs(values[index]! - value)
    // NaN must not hide behind a comparison.
    largest = Math.max(largest, Number.isNaN(difference) ? Infinity : difference)
  }
  return largest
}
