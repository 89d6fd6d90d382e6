/** Single tensors for JavaScript: norms and biases to look at, tables that the host computes with. Big ones stay outside. */
import { closeSync, openSync, readSync } from "node:fs"
import { unreadableReason } from "../../base/unreadable-reason.ts"
import { UserError } from "../../base/user-error.ts"
import { type Dtype } from "../../safetensors/dtype.ts"
import { findTensor } from "./find-tensor.ts"
import { type Weights } from "./weights.ts"

/**
 * A tensor's elements as float32, row-major. What float16 and bfloat16 hold, float32 holds exactly; float64 is rounded to
 * the nearest.
 *
 * Reads and converts a piece at a time, so that memory is the result and a few MiB.
 *
 * @throws UserError when there is no such tensor, its dtype has no reader, or an integer in it has no float32
 */
export const readTensor = (weights: Weights, name: string): Float32Array => {
  const { path } = weights
  const tensor = findTensor(weights, name)
  const reader = readers[tensor.dtype]
  if (reader === undefined) {
    throw new UserError(
      `${path}: tensor ${name} is ${tensor.dtype}; those that can be read are ${Object.keys(readers).join(", ")}`,
      { exitCode: 1 }
    )
  }
  const { convert, elementBytes } = reader
  const values = new Float32Array(tensor.byteLength / elementBytes)
  const piece = new Uint8Array(Math.min(tensor.byteLength, pieceBytes))
  const file = open(tensor.file)
  try {
    for (let done = 0; done < tensor.byteLength; done += piece.byteLength) {
      const bytes = piece.subarray(0, tensor.byteLength - done)
      fill(file, bytes, tensor.byteOffset + done, tensor.file)
      const into = values.subarray(done / elementBytes, (done + bytes.byteLength) / elementBytes)
      if (!convert(bytes, into)) {
        throw new UserError(`${path}: tensor ${name} holds an integer that float32 cannot hold`, {
          exitCode: 1
        })
      }
    }
  } finally {
    closeSync(file)
  }
  return values
}

/** A multiple of every element's size. */
const pieceBytes = 1 << 22

interface Reader {
  readonly elementBytes: number
  /** Converts little-endian bytes, which is the order of every host that ONNX Runtime runs on; false when an element has no float32. */
  readonly convert: (bytes: Uint8Array, into: Float32Array) => boolean
}

interface ArrayType<A> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A
  readonly BYTES_PER_ELEMENT: number
}

/** In Node since 24; its types are not in the configured library. */
declare const Float16Array: ArrayType<ArrayLike<number>>

const elements = <A>(type: ArrayType<A>, bytes: Uint8Array): A =>
  new type(bytes.buffer, bytes.byteOffset, bytes.byteLength / type.BYTES_PER_ELEMENT)

/** Of types whose every element has a float32, or is rounded to one. */
const numbers = (type: ArrayType<ArrayLike<number>>): Reader => ({
  elementBytes: type.BYTES_PER_ELEMENT,
  convert: (bytes, into) => {
    into.set(elements(type, bytes))
    return true
  }
})

/** Of integers with more bits than float32 has. */
const integers = (type: ArrayType<ArrayLike<number | bigint>>): Reader => ({
  elementBytes: type.BYTES_PER_ELEMENT,
  convert: (bytes, into) => {
    const from = elements(type, bytes)
    for (let index = 0; index < from.length; index++) {
      into[index] = Number(from[index])
      // Compares a number with a bigint by value, as it must be.
      if (from[index] != into[index]) return false
    }
    return true
  }
})

/** The upper half of a float32. */
const bfloat16: Reader = {
  elementBytes: 2,
  convert: (bytes, into) => {
    const halves = elements(Uint16Array, bytes)
    const bits = new Uint32Array(into.buffer, into.byteOffset, into.length)
    for (let index = 0; index < halves.length; index++) bits[index] = halves[index]! << 16
    return true
  }
}

const readers: { readonly [D in Dtype]?: Reader } = {
  F64: numbers(Float64Array),
  F32: numbers(Float32Array),
  F16: numbers(Float16Array),
  BF16: bfloat16,
  I64: integers(BigInt64Array),
  U64: integers(BigUint64Array),
  I32: integers(Int32Array),
  U32: integers(Uint32Array),
  I16: numbers(Int16Array),
  U16: numbers(Uint16Array),
  I8: numbers(Int8Array),
  U8: numbers(Uint8Array),
  BOOL: numbers(Uint8Array)
}

const open = (file: string): number => {
  try {
    return openSync(file, "r")
  } catch (cause) {
    throw new UserError(`${file} cannot be read: ${unreadableReason(cause)}`, { cause })
  }
}

const fill = (file: number, bytes: Uint8Array, position: number, shown: string): void => {
  let done = 0
  while (done < bytes.byteLength) {
    const read = readSync(file, bytes, done, bytes.byteLength - done, position + done)
    if (read === 0) {
      throw new UserError(`${shown} has become shorter since it was opened`, { exitCode: 1 })
    }
    done += read
  }
}
