/** Embeddings of prompts that another program has made, in the files that people keep them in. */
import { UserError } from "../base/user-error.ts"
import { decodeSafetensors, type RawTensor } from "../safetensors/decode.ts"
import type { Dtype } from "../safetensors/dtype.ts"
import { decodeNpy } from "../tensor-files/npy.ts"
import { decodeTensorDict } from "../tensor-files/pth.ts"
import type { Embedding } from "../values/values.ts"

/** By the ending of a file's name. */
export const embeddingFormat = (path: string): "safetensors" | "npy" | "pth" | undefined => {
  const [, ending] = /\.(safetensors|npy|pth?)$/i.exec(path) ?? []
  const known = ending?.toLowerCase()
  return known === "pt" ? "pth" : (known as "safetensors" | "npy" | "pth" | undefined)
}

/**
 * - `.safetensors`, and `.pth` or `.pt` of torch.save: a tensor for each prompt, by the prompt's text.
 * - `.npy`: one tensor.
 *
 * A tensor is `[L,E]` or `[1,L,E]`: L tokens of E numbers, in float32, float16 or bfloat16.
 *
 * @param shown how messages name the file
 * @param prompt of the one tensor in an `.npy` file
 * @throws UserError when the file is not sound, or its tensors are no embeddings of one shape
 */
export const decodeEmbeddingFile = (
  bytes: Uint8Array,
  shown: string,
  prompt: string | undefined
): Embedding => {
  const tensors = [...readTensors(bytes, shown, prompt)]
  const [first] = tensors
  if (first === undefined) {
    throw new UserError(`${shown} holds no tensor, so it has no prompt's embedding`, {
      exitCode: 1
    })
  }
  const [tokens, width] = shapeOf(first, shown)
  const size = tokens * width
  const data = new Float32Array(tensors.length * size)
  for (const [row, named] of tensors.entries()) {
    const shape = shapeOf(named, shown)
    if (shape.join() !== `${tokens},${width}`) {
      throw new UserError(
        `${shown}: the embedding of ${quoted(first[0])} has ${tokens} × ${width} numbers, that of ${quoted(named[0])} ${shape.join(" × ")}`,
        { hint: "make all of them with one encoder, padded to as many tokens", exitCode: 1 }
      )
    }
    data.set(floatsOf(named, shown), row * size)
  }
  return {
    type: "Embedding",
    kind: "text",
    prompts: tensors.map(([name]) => name),
    shape: [tensors.length, tokens, width],
    data
  }
}

type Named = readonly [prompt: string, tensor: RawTensor]

const readTensors = (
  bytes: Uint8Array,
  shown: string,
  prompt: string | undefined
): Iterable<Named> => {
  switch (embeddingFormat(shown)) {
    case "safetensors":
      return decodeSafetensors(bytes, shown).tensors
    case "pth":
      return decodeTensorDict(bytes, shown)
    case "npy":
      if (prompt === undefined) {
        throw new UserError(`${shown} does not say of which prompt it is the embedding`, {
          hint: "give the `prompt`"
        })
      }
      return [[prompt, decodeNpy(bytes, shown)]]
    default:
      throw new UserError(`${shown} is no file of embeddings by its name`, {
        hint: "files that end in .safetensors, .npy, .pth and .pt are read"
      })
  }
}

const shapeOf = ([prompt, { shape }]: Named, shown: string): readonly [number, number] => {
  const [tokens = 0, width = 0, ...more] =
    shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape
  if (tokens > 0 && width > 0 && more.length === 0) return [tokens, width]
  throw new UserError(`${shown}: ${quoted(prompt)} is [${shape.join(",")}], not an embedding`, {
    hint: "an embedding is [tokens,width] or [1,tokens,width]",
    exitCode: 1
  })
}

const quoted = (prompt: string): string => JSON.stringify(prompt.slice(0, 100))

/** @throws UserError when it is of another dtype, or a number is none */
const floatsOf = ([prompt, tensor]: Named, shown: string): Float32Array => {
  const convert = converters[tensor.dtype]
  if (convert === undefined) {
    throw new UserError(
      `${shown}: ${quoted(prompt)} is ${tensor.dtype}; those that are read are ${Object.keys(converters).join(", ")}`,
      { hint: "convert it where it was made, such as with `tensor.half()`", exitCode: 1 }
    )
  }
  const floats = convert(tensor.bytes)
  if (floats.every((value) => Number.isFinite(value))) return floats
  throw new UserError(`${shown}: the embedding of ${quoted(prompt)} holds numbers that are none`, {
    hint: "T5's states pass float16's largest number: let the encoder compute in float32 or bfloat16",
    exitCode: 1
  })
}

/** In Node since 24; its types are not in the configured library. */
declare const Float16Array: {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): ArrayLike<number>
}

/** Little-endian, as every host that ONNX Runtime runs on; exact. */
const converters: { readonly [D in Dtype]?: (bytes: Uint8Array) => Float32Array } = {
  F32: (bytes) => new Float32Array(aligned(bytes).buffer),
  F16: (bytes) => Float32Array.from(new Float16Array(aligned(bytes).buffer, 0, bytes.length / 2)),
  // The upper half of a float32.
  BF16: (bytes) => {
    const bits = Uint32Array.from(new Uint16Array(aligned(bytes).buffer), (half) => half << 16)
    return new Float32Array(bits.buffer)
  }
}

/** In memory of its own, where elements lie at multiples of their size. */
const aligned = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
